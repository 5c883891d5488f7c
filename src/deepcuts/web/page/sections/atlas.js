// The map on a canvas: names are painted, never parsed as HTML. Wheel, pinch, buttons and keys zoom; a press picks an
// artist, who can then be added.
const NEAR = 12; // pixels within which the pointer means a point
const LARGEST = 40;
const ALWAYS = 40; // own artists up to which each has its name
const AROUND = [[0, -13], [0, 15], [0, -27], [0, 29]]; // where the name of a mark may stand, in pixels

const shortened = (text) => (text.length > 34 ? text.slice(0, 33) + "…" : text);

// The outline of points, by Andrew's monotone chain: the lower half from left to right, and the upper one back.
const hull = (points) => {
  const sorted = [...points].sort((one, two) => one[0] - two[0] || one[1] - two[1]);
  const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  const half = (ordered) => {
    const kept = [];
    for (const point of ordered) {
      while (kept.length > 1 && turn(kept.at(-2), kept.at(-1), point) <= 0) kept.pop();
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
};

export default {
  props: { marks: Array, source: String, sought: Object },
  emits: ["add", "seek"],
  data: () => ({ hover: null, picked: null, failed: "", loading: true, found: "" }),
  computed: {
    shown() {
      const point = this.picked || this.hover;
      const mine = point && this.marks.some((mark) => mark.kind === "own" && mark.item_id === point.id);
      return point && { ...point, mine };
    },
    hasMine() {
      return this.marks.some((mark) => mark.kind === "own");
    },
  },
  created() {
    this.view = { x: 0, y: 0, zoom: 1 };
    this.points = [];
    this.regions = [];
    this.pointers = new Map();
  },
  async mounted() {
    this.watchSize = new ResizeObserver(() => this.resize());
    this.watchSize.observe(this.$refs.box);
    this.watchTheme = new MutationObserver(() => this.draw());
    this.watchTheme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    this.$refs.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    try {
      const response = await fetch(this.source);
      if (!response.ok) throw new Error();
      const { ids, names, xs, ys, listeners, regions, region_names } = await response.json();
      this.points = ids.map((id, n) => ({ id, name: names[n], x: xs[n] / 1e4, y: ys[n] / 1e4, listeners: listeners[n], region: regions[n] }));
      this.regions = region_names.map(([name, x, y]) => ({ name, x: x / 1e4, y: y / 1e4 }));
    } catch (error) {
      this.failed = "The map did not arrive. Reload the page to try again.";
    }
    this.loading = false;
    this.draw();
  },
  beforeUnmount() {
    this.watchSize.disconnect();
    this.watchTheme.disconnect();
  },
  watch: {
    marks() {
      this.draw();
    },
    sought(point) {
      if (point?.name) this.go(point, 8);
    },
  },
  methods: {
    resize() {
      const { clientWidth, clientHeight } = this.$refs.box;
      const ratio = window.devicePixelRatio || 1;
      Object.assign(this.$refs.canvas, { width: clientWidth * ratio, height: clientHeight * ratio });
      this.draw();
    },
    // From map coordinates, −1 to 1 and upwards, to pixels; 0.46 leaves a margin. `back` is the inverse.
    at(x, y) {
      const { clientWidth: w, clientHeight: h } = this.$refs.box;
      const { view } = this;
      return [w / 2 + (x - view.x) * view.zoom * w * 0.46, h / 2 - (y - view.y) * view.zoom * h * 0.46];
    },
    back(px, py) {
      const { clientWidth: w, clientHeight: h } = this.$refs.box;
      const { view } = this;
      return [view.x + (px - w / 2) / (view.zoom * w * 0.46), view.y - (py - h / 2) / (view.zoom * h * 0.46)];
    },
    draw() {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => this.paint());
    },
    paint() {
      const canvas = this.$refs.canvas;
      if (!canvas?.width) return;
      const context = canvas.getContext("2d");
      const { clientWidth: w, clientHeight: h } = this.$refs.box;
      const style = getComputedStyle(this.$refs.box);
      const colour = (name) => style.getPropertyValue(name).trim();
      // In CSS pixels, whatever the screen's ratio.
      context.setTransform(canvas.width / w, 0, 0, canvas.height / h, 0, 0);
      context.clearRect(0, 0, w, h);
      const most = Math.log2(1 + Math.max(1, ...this.points.slice(0, 1).map((point) => point.listeners)));
      // A tint for each region, from the golden angle, so that neighbours in the list are far apart in hue.
      const dark = document.body.classList.contains("body--dark");
      const named = this.regions.map((region, n) => (region.name ? `hsl(${(n * 137.5) % 360} ${dark ? "32% 44%" : "42% 70%"})` : colour("--dust")));
      for (const point of this.points) {
        const [x, y] = this.at(point.x, point.y);
        if (x < -5 || y < -5 || x > w + 5 || y > h + 5) continue;
        const radius = (0.8 + (2.2 * Math.log2(1 + point.listeners)) / most) * Math.min(2.2, Math.sqrt(this.view.zoom));
        context.fillStyle = named[point.region] || colour("--dust");
        context.beginPath();
        context.arc(x, y, radius, 0, 7); // 7 is more than 2π: a full circle
        context.fill();
      }
      const paper = colour("--card");
      const taken = []; // boxes of names that are painted: a later name that would overlap one is left out
      this.paintMarks(context, colour, taken);
      for (const region of this.regions.filter((one) => one.name)) {
        const [x, y] = this.at(region.x, region.y);
        if (x > 0 && y > 0 && x < w && y < h) this.write(context, region.name.toUpperCase(), x, y, colour("--muted"), "700 12px Roboto, sans-serif", taken, paper);
      }
      this.paintNames(context, colour, taken, w, h);
    },
    paintMarks(context, colour, taken) {
      const paper = colour("--card");
      const labels = [];
      for (const mark of this.marks) {
        const [x, y] = this.at(mark.x, mark.y);
        const ink = colour(mark.persona < 0 ? "--pall" : "--p" + (mark.persona % 8)); // below 0: all of the visitor's artists
        context.beginPath();
        if (mark.kind === "persona") {
          this.paintHull(context, mark.persona, ink);
          labels.push([mark.name, x, y, ink, "700 14px Roboto, sans-serif"]);
          continue;
        }
        context.lineWidth = 1.5;
        if (mark.kind === "own") {
          context.fillStyle = ink;
          context.strokeStyle = paper;
          context.arc(x, y, 5, 0, 7);
          context.fill();
        } else {
          context.fillStyle = paper;
          context.strokeStyle = ink;
          context.lineWidth = 2;
          context.rect(x - 4.5, y - 4.5, 9, 9);
          context.fill();
        }
        context.stroke();
      }
      for (const [text, x, y, ink, font] of labels) {
        const free = [0, 20, -20, 40, -40].find((by) => this.write(context, text, x, y + by, ink, font, taken, paper));
        if (free === undefined) this.write(context, text, x, y, ink, font, taken, paper, true);
      }
      const own = this.marks.filter((mark) => mark.kind === "own");
      for (const mark of own) this.label(context, mark, colour("--ink"), taken, paper, own.length <= ALWAYS);
      for (const mark of this.marks.filter((one) => one.kind === "listed").slice(0, 20 * this.view.zoom)) this.label(context, mark, colour("--ink"), taken, paper, false);
    },
    // The name of a mark above or below it; where it has to be told, also beside or far above or below it, and where
    // there is no room at all, above it all the same.
    label(context, mark, ink, taken, paper, always) {
      const [x, y] = this.at(mark.x, mark.y);
      const { clientWidth: w, clientHeight: h } = this.$refs.box;
      if (x < 0 || y < 0 || x > w || y > h) return;
      const font = (mark.kind === "own" ? "700" : "500") + " 12px Roboto, sans-serif";
      context.font = font;
      const beside = 9 + context.measureText(shortened(mark.name)).width / 2;
      const places = always ? [...AROUND, [beside, 1], [-beside, 1], [0, -41], [0, 43]] : AROUND;
      const free = places.some(([right, down]) => this.write(context, mark.name, x + right, y + down, ink, font, taken, paper));
      if (!free && always) this.write(context, mark.name, x, y - 13, ink, font, taken, paper, true);
    },
    // Around the artists that made a persona, but for the fifth of them that is farthest from their middle.
    paintHull(context, persona, ink) {
      const marks = this.marks.filter((mark) => mark.kind === "own" && mark.persona === persona);
      const middle = (values) => values.sort((one, two) => one - two)[values.length >> 1];
      const [x, y] = [middle(marks.map((mark) => mark.x)), middle(marks.map((mark) => mark.y))];
      const far = (mark) => Math.hypot(mark.x - x, mark.y - y);
      const near = marks.sort((one, two) => far(one) - far(two)).slice(0, Math.max(3, Math.ceil(0.8 * marks.length)));
      const outline = hull(near.map((mark) => this.at(mark.x, mark.y)));
      if (!outline.length) return;
      const path = new Path2D();
      path.moveTo(...outline[0]);
      for (const point of outline.slice(1)) path.lineTo(...point);
      path.closePath();
      Object.assign(context, { fillStyle: ink, strokeStyle: ink, lineJoin: "round", lineCap: "round" });
      context.lineWidth = outline.length < 3 ? 40 : 1.5; // one artist, or two, have no inside
      context.globalAlpha = outline.length < 3 ? 0.14 : 0.5;
      context.stroke(path);
      context.globalAlpha = 0.12;
      context.fill(path);
      context.globalAlpha = 1;
      context.beginPath();
    },
    paintNames(context, colour, taken, w, h) {
      let left = 45;
      for (const point of this.points) {
        if (!left) break;
        const [x, y] = this.at(point.x, point.y);
        if (x < 0 || y < 0 || x > w || y > h) continue;
        if (this.write(context, point.name, x, y - 9, colour("--muted"), "11px Roboto, sans-serif", taken, colour("--card"))) left -= 1;
      }
    },
    write(context, text, x, y, ink, font, taken, paper, always = false) {
      context.font = font;
      const short = shortened(text);
      const half = context.measureText(short).width / 2;
      const edge = this.$refs.box.clientWidth - half - 4;
      x = Math.max(half + 4, Math.min(edge, x)); // beside the edge it would be cut off
      const box = [x - half - 3, y - 9, x + half + 3, y + 7];
      if (!always && taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return false;
      taken.push(box);
      Object.assign(context, { textAlign: "center", textBaseline: "middle", lineWidth: 3, lineJoin: "round", strokeStyle: paper, fillStyle: ink });
      context.strokeText(short, x, y);
      context.fillText(short, x, y);
      return true;
    },
    nearest(px, py) {
      let best = null;
      let least = NEAR * NEAR;
      const marked = this.marks.filter((mark) => mark.kind !== "persona").map((mark) => ({ ...mark, id: mark.item_id }));
      for (const point of [...marked, ...this.points]) {
        const [x, y] = this.at(point.x, point.y);
        const square = (x - px) ** 2 + (y - py) ** 2;
        if (square < least) [best, least] = [point, square];
      }
      return best && { ...best, px: this.at(best.x, best.y)[0], py: this.at(best.x, best.y)[1] };
    },
    zoom(by, px, py) {
      const { clientWidth, clientHeight } = this.$refs.box;
      px ??= clientWidth / 2;
      py ??= clientHeight / 2;
      const before = this.back(px, py);
      this.view.zoom = Math.max(1, Math.min(LARGEST, this.view.zoom * by));
      // Moved by the difference, so that the point under the pointer stays there.
      const after = this.back(px, py);
      this.shift(before[0] - after[0], before[1] - after[1]);
    },
    shift(x, y) {
      this.view.x = Math.max(-1, Math.min(1, this.view.x + x));
      this.view.y = Math.max(-1, Math.min(1, this.view.y + y));
      this.hover = this.picked = null;
      this.draw();
    },
    wheel(event) {
      if (!event.ctrlKey && event.deltaY > 0 && this.view.zoom === 1) return; // the page may scroll on
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY);
    },
    down(event) {
      event.target.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      this.moved = 0; // pixels; a press that moves little is a click
    },
    move(event) {
      const before = this.pointers.get(event.pointerId);
      const now = [event.offsetX, event.offsetY];
      if (!before) {
        if (!this.picked) this.hover = this.nearest(...now);
        return;
      }
      this.moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
      const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, position]) => position);
      this.pointers.set(event.pointerId, now);
      if (others.length) {
        const apart = (one, two) => Math.hypot(one[0] - two[0], one[1] - two[1]);
        // Pinch: by the change of distance, around the other finger.
        this.zoom(apart(now, others[0]) / Math.max(1, apart(before, others[0])), ...others[0]);
        return;
      }
      const [from, to] = [this.back(...before), this.back(...now)];
      this.shift(from[0] - to[0], from[1] - to[1]);
    },
    up(event) {
      this.pointers.delete(event.pointerId);
      if (this.moved > 6) return;
      this.picked = this.nearest(event.offsetX, event.offsetY);
    },
    key(event) {
      const step = 0.15 / this.view.zoom;
      const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (moves[event.key]) this.shift(...moves[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(1.4);
      else if (event.key === "-") this.zoom(1 / 1.4);
      else return;
      event.preventDefault();
    },
    showAll() {
      this.view = { x: 0, y: 0, zoom: 1 };
      this.hover = this.picked = null;
      this.draw();
    },
    fitMine() {
      const mine = this.marks.filter((mark) => mark.kind === "own");
      const [xs, ys] = [mine.map((mark) => mark.x), mine.map((mark) => mark.y)];
      const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const zoom = Math.max(1, Math.min(12, 1.8 / Math.max(right - left, high - low, 0.1)));
      this.view = { x: (left + right) / 2, y: (low + high) / 2, zoom };
      this.hover = this.picked = null;
      this.draw();
    },
    go(point, zoom) {
      this.view = { x: point.x, y: point.y, zoom };
      this.$nextTick(() => {
        const [px, py] = this.at(point.x, point.y);
        this.picked = { ...point, px, py };
      });
      this.draw();
    },
    add(point) {
      this.$emit("add", point.id);
      this.picked = null;
      this.$refs.canvas.focus({ preventScroll: true });
    },
  },
  template: `
  <div>
    <div class="dc-map-tools">
      <form @submit.prevent="$emit('seek', found.trim())"><label class="dc-sr" for="dc-seek">Go to an artist on the map</label><input id="dc-seek" v-model="found" placeholder="Go to an artist …" maxlength="200"><span role="status" class="dc-note"><template v-if="sought && sought.query && !sought.name && sought.query === found.trim()">Not known here.</template></span></form>
      <div class="dc-map-keys" aria-hidden="true"><span><i class="own"></i>mine</span><span><i class="listed"></i>on the list</span></div>
      <div class="dc-buttons"><button aria-label="Zoom in" @click="zoom(1.6)">+</button><button aria-label="Zoom out" @click="zoom(1 / 1.6)">−</button><button v-if="hasMine" class="dc-fit" @click="fitMine">Fit mine</button><button aria-label="Show all of the map" @click="showAll"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4"/></svg></button></div>
    </div>
    <div ref="box" class="dc-map">
      <canvas ref="canvas" tabindex="0" role="application" aria-label="Map of artists. Arrow keys move, plus and minus zoom; search adds artists as well."
        @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="pointers.delete($event.pointerId)" @pointerleave="hover = null" @keydown="key"></canvas>
      <div v-if="shown" class="dc-hover" :class="{ picked }" :style="{ left: shown.px + 'px', top: shown.py + 'px' }"><b>{{ shown.name }}</b><span v-if="shown.mine">one of mine</span><button v-else-if="picked" class="dc-toast-button" @click="add(shown)">Add</button><span v-else>press for more</span></div>
      <p v-if="loading" class="dc-empty" role="status">Loading the map …</p>
      <p v-if="failed" class="dc-empty dc-error" role="alert">{{ failed }}</p>
    </div>
  </div>`,
};
