// What just happened, at the foot of the window: a change with its Undo, which goes by itself, or a message, which stays.
const SECONDS = 9;

export default {
  props: { message: String, changed: String, sequence: Number, undoable: String },
  emits: ["undo", "close"],
  data: () => ({ visible: false }),
  computed: {
    text() {
      return this.message || this.changed;
    },
  },
  watch: {
    sequence() {
      this.visible = !!this.text;
      this.wait();
    },
  },
  mounted() {
    document.addEventListener("keydown", this.key);
  },
  beforeUnmount() {
    document.removeEventListener("keydown", this.key);
    clearTimeout(this.timer);
  },
  methods: {
    wait() {
      clearTimeout(this.timer);
      if (this.message) return;
      this.timer = setTimeout(() => {
        if (this.$el.contains(document.activeElement) || this.$el.matches(":hover")) this.wait();
        else this.visible = false;
      }, SECONDS * 1000);
    },
    key(event) {
      const writes = event.target.closest?.("input[type=text], input:not([type]), textarea, [contenteditable]");
      if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || writes || !this.undoable) return;
      event.preventDefault();
      this.undo();
    },
    undo() {
      this.visible = false;
      this.$emit("undo");
    },
    close() {
      this.visible = false;
      this.$emit("close");
    },
  },
  template: `
  <section class="dc-toast" :class="{ visible }" aria-label="What happened">
    <p class="dc-notice" :role="message ? 'alert' : 'status'"><template v-if="visible">{{ text }}</template></p>
    <button v-if="visible && !message && undoable" class="dc-toast-button" @click="undo">Undo</button>
    <button v-if="visible" class="dc-x" aria-label="Close this message" @click="close">×</button>
  </section>`,
};
