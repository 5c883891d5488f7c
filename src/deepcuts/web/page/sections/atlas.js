// The map on a canvas: names are painted, never parsed as HTML. Wheel, pinch, buttons and keys zoom; a click adds.
const NEAR = 12; // pixels within which the pointer means a point
const LARGEST = 40;

export default {
  props: { marks: Array, source: String },
  emits: ["add"],
  data: () => ({ hover: null, failed: "", loading: true, found: "" }),
  created() {
    this.view = { x: 0, y: 0, zoom: 1 };
    this.points = [];
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
      const { ids, names, xs, ys, listeners } = await response.json();
      this.points = ids.map((id, n) => ({ id, name: names[n], x: xs[n] / 1e4, y: ys[n] / 1e4, listeners: listeners[n] }));
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
      context.fillStyle = colour("--dust");
      for (const point of this.points) {
        const [x, y] = this.at(point.x, point.y);
        if (x < -5 || y < -5 || x > w + 5 || y > h + 5) continue;
        const radius = (0.8 + (2.2 * Math.log2(1 + point.listeners)) / most) * Math.min(2.2, Math.sqrt(this.view.zoom));
        context.beginPath();
        context.arc(x, y, radius, 0, 7); // 7 is more than 2π: a full circle
        context.fill();
      }
      const taken = []; // boxes of names that are painted: a later name that would overlap one is left out
      this.paintMarks(context, colour, taken);
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
          context.globalAlpha = 0.13;
          context.fillStyle = ink;
          context.arc(x, y, 46, 0, 7);
          context.fill();
          context.globalAlpha = 1;
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
      for (const kind of ["listed", "own"])
        for (const mark of this.marks.filter((one) => one.kind === kind).slice(0, 20 * this.view.zoom)) {
          const [x, y] = this.at(mark.x, mark.y);
          this.write(context, mark.name, x, y - 12, colour("--ink"), "500 12px Roboto, sans-serif", taken, paper);
        }
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
      const short = text.length > 34 ? text.slice(0, 33) + "…" : text;
      const half = context.measureText(short).width / 2;
      const edge = this.$refs.box.clientWidth - half - 4;
      if (always) x = Math.max(half + 4, Math.min(edge, x));
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
      this.hover = null;
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
        this.hover = this.nearest(...now);
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
      const point = this.nearest(event.offsetX, event.offsetY);
      if (point && point.kind !== "own") this.$emit("add", point.id);
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
      this.draw();
    },
    seek() {
      const wanted = this.found.trim().toLowerCase();
      const point = wanted && this.points.find((one) => one.name.toLowerCase().startsWith(wanted));
      if (!point) return;
      this.view = { x: point.x, y: point.y, zoom: 8 };
      this.$nextTick(() => {
        const [px, py] = this.at(point.x, point.y);
        this.hover = { ...point, px, py };
      });
      this.draw();
    },
  },
  template: `
  <div>
    <div class="dc-map-tools">
      <form @submit.prevent="seek"><label class="dc-sr" for="dc-seek">Go to an artist on the map</label><input id="dc-seek" v-model="found" placeholder="Go to an artist …" maxlength="200"></form>
      <div class="dc-map-keys" aria-hidden="true"><span><i class="own"></i>mine</span><span><i class="listed"></i>on the list</span></div>
      <div class="dc-buttons"><button aria-label="Zoom in" @click="zoom(1.6)">+</button><button aria-label="Zoom out" @click="zoom(1 / 1.6)">−</button><button aria-label="Show all of the map" @click="showAll"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4"/></svg></button></div>
    </div>
    <div ref="box" class="dc-map">
      <canvas ref="canvas" tabindex="0" role="application" aria-label="Map of artists. Arrow keys move, plus and minus zoom; search adds artists as well."
        @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="pointers.delete($event.pointerId)" @pointerleave="hover = null" @keydown="key"></canvas>
      <div v-if="hover" class="dc-hover" :style="{ left: hover.px + 'px', top: hover.py + 'px' }"><b>{{ hover.name }}</b><span v-if="hover.kind === 'own'">one of mine</span><span v-else>press to add</span></div>
      <p v-if="loading" class="dc-empty" role="status">Loading the map …</p>
      <p v-if="failed" class="dc-empty dc-error" role="alert">{{ failed }}</p>
    </div>
  </div>`,
};
