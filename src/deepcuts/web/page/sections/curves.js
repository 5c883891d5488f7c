// Lines on two axes, as SVG that takes its colours from the theme.
const W = 520, H = 240, LEFT = 52, RIGHT = 14, TOP = 20, BOTTOM = 38;

export default {
  props: { title: String, x: String, y: String, lines: Array, log: Boolean, dots: Boolean },
  computed: {
    spans() {
      const all = this.lines.flatMap((line) => line.points);
      const span = (values, log) => {
        const kept = log ? values.filter((value) => value > 0) : values;
        const [low, high] = [Math.min(...kept), Math.max(...kept)];
        return low === high ? [low - (log ? low / 2 : 1), high + 1] : [low, high];
      };
      return { x: span(all.map((point) => point[0]), this.log), y: span(all.map((point) => point[1]), this.log) };
    },
    ticks() {
      return { x: this.along(this.spans.x, this.log), y: this.along(this.spans.y, this.log) };
    },
    paths() {
      return this.lines.map((line) => "M" + line.points.map((point) => `${this.px(point[0]).toFixed(1)},${this.py(point[1]).toFixed(1)}`).join("L"));
    },
    summary() {
      return this.lines.map((line) => `${line.name}: from ${this.short(line.points[0][1])} to ${this.short(line.points.at(-1)[1])}`).join("; ");
    },
  },
  methods: {
    part: (value, [low, high], log) => (log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low)),
    px(value) {
      return LEFT + (W - LEFT - RIGHT) * this.part(value, this.spans.x, this.log);
    },
    py(value) {
      return H - BOTTOM - (H - TOP - BOTTOM) * this.part(value, this.spans.y, this.log);
    },
    along([low, high], log) {
      if (log) {
        const powers = [];
        for (let power = 10 ** Math.ceil(Math.log10(low) - 1e-9); power <= high; power *= 10) powers.push(power);
        return powers.length > 1 ? powers : [low, high];
      }
      // Steps of 1, 2 or 5 times a power of ten, some four of them.
      const rough = (high - low) / 4;
      const unit = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].find((one) => one * unit >= rough) * unit;
      const marks = [];
      // The last mark may miss `high` by rounding.
      for (let mark = Math.ceil(low / step) * step; mark <= high + step / 1e6; mark += step) marks.push(mark);
      return marks;
    },
    short: (value) => new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value),
  },
  template: `
  <figure class="dc-figure">
    <figcaption>{{ title }}</figcaption>
    <svg viewBox="0 0 520 240" role="img" :aria-label="title + '. ' + summary">
      <g class="grid"><template v-for="tick in ticks.y" :key="tick"><line x1="52" x2="506" :y1="py(tick)" :y2="py(tick)"/><text x="46" :y="py(tick) + 4" text-anchor="end">{{ short(tick) }}</text></template>
      <text v-for="tick in ticks.x" :key="tick" :x="px(tick)" y="222" text-anchor="middle">{{ short(tick) }}</text></g>
      <g v-for="(line, n) in lines" :key="line.name" :class="'p' + n"><path :d="paths[n]"/>
        <template v-if="dots"><circle v-for="point in line.points" :key="point[0]" :cx="px(point[0])" :cy="py(point[1])" r="4"><title>rarity {{ point[2] }}</title></circle></template></g>
      <text class="axis" x="506" y="239" text-anchor="end">{{ x }}</text><text class="axis" x="52" y="9">{{ y }}</text>
    </svg>
    <ul v-if="lines.length > 1" class="dc-legend"><li v-for="(line, n) in lines" :key="line.name" :class="'p' + n"><i></i>{{ line.name }}</li></ul>
  </figure>`,
};
