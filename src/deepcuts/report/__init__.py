"""One page that shows what models do: the data, the loss, frontiers, exposure, personas, lists."""
