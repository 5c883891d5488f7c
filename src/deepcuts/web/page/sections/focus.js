// Focus goes on to the next entry of a list when the one that had it goes, and never back to the top of the page.
const STOPS = "button, a[href], input, summary";

export default {
  created() {
    this.last = null;
  },
  mounted() {
    document.addEventListener("focusin", this.note);
    this.watch = new MutationObserver(this.keep);
    this.watch.observe(document.body, { childList: true, subtree: true });
  },
  beforeUnmount() {
    document.removeEventListener("focusin", this.note);
    this.watch.disconnect();
  },
  methods: {
    note({ target }) {
      const item = target.closest("li");
      const list = item?.parentElement;
      this.last = { target, list, index: list ? [...list.children].indexOf(item) : 0, stop: item ? [...item.querySelectorAll(STOPS)].indexOf(target) : 0 };
    },
    keep() {
      if (!this.last || this.last.target.isConnected || document.activeElement !== document.body) return;
      const { list, index, stop } = this.last;
      const item = list?.isConnected ? list.children[Math.min(index, list.children.length - 1)] : null;
      const stops = item ? [...item.querySelectorAll(STOPS)] : [];
      const next = stops[stop] || stops.at(-1) || document.querySelector("#dc-tab-list[aria-selected=true]:not([hidden]), [role=tab][aria-selected=true]");
      const seen = next?.checkVisibility() ? next : document.getElementById("dc-artist");
      seen?.focus({ preventScroll: true });
    },
  },
  template: `<span hidden></span>`,
};
