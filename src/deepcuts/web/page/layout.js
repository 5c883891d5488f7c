// Tabs as the ARIA practices have them: arrow keys move between them, and only the chosen one is a stop for Tab.
export default {
  props: { tabs: Array, chosen: String },
  emits: ["tab"],
  data() {
    return { current: this.chosen };
  },
  watch: {
    chosen(key) {
      if (key !== this.current) this.show(key);
    },
  },
  methods: {
    show(key) {
      this.current = key;
      this.$emit("tab", key);
      this.$nextTick(this.bring);
    },
    // On a narrow screen the tabs lie below who one is: what was opened is brought into view.
    bring() {
      const { top } = this.$el.getBoundingClientRect();
      if (top < 0 || top > innerHeight / 2) this.$el.scrollIntoView({ block: "start" });
    },
    step(by) {
      const index = this.tabs.findIndex(([key]) => key === this.current);
      this.show(this.tabs[(index + by + this.tabs.length) % this.tabs.length][0]);
      this.$nextTick(() => this.$el.querySelector("[aria-selected=true]").focus());
    },
  },
  template: `
  <div class="dc-views" :class="'at-' + current">
    <div class="dc-tabs" role="tablist" aria-label="Views" @keydown.right.prevent="step(1)" @keydown.left.prevent="step(-1)">
      <button v-for="[key, label] in tabs" :key="key" role="tab" :id="'dc-tab-' + key" :aria-selected="key === current" :aria-controls="'dc-panel-' + key" :tabindex="key === current ? 0 : -1" @click="show(key)">{{ label }}</button>
    </div>
    <div v-for="[key] in tabs" :key="key" v-show="key === current" role="tabpanel" :id="'dc-panel-' + key" :aria-labelledby="'dc-tab-' + key"><slot :name="key"></slot></div>
  </div>`,
};
