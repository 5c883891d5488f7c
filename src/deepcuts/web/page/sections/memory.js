// What the browser keeps of a visit, for as long as its tab is open: a reload, another start of the server and the
// back button bring it back. A link holds a profile behind its "#", which is part of no request.
const PROFILE = "deepcuts.profile";
const OPTIONS = "deepcuts.options";
const SHARED = "#p=";

const read = (key) => {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch (error) {
    return null; // no storage, or not ours: the visit begins anew
  }
};
const write = (key, value) => {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch (error) {
    sessionStorage.removeItem(key); // too large, or no storage
  }
};
const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
};

export default {
  props: { profile: Object, options: Object, looked: Boolean },
  emits: ["found", "shared"],
  // Who comes back is not shown the first screen while the page is connected.
  created() {
    if (read(PROFILE)?.artists?.length) document.body.classList.add("dc-back");
  },
  watch: {
    looked: () => document.body.classList.remove("dc-back"),
    profile: (value) => write(PROFILE, value),
    options: (value) => write(OPTIONS, value),
  },
  mounted() {
    this.$emit("found", { profile: read(PROFILE), options: read(OPTIONS) });
    this.open();
    addEventListener("hashchange", this.open);
  },
  beforeUnmount() {
    removeEventListener("hashchange", this.open);
  },
  methods: {
    async open() {
      if (!location.hash.startsWith(SHARED)) return;
      const packed = location.hash.slice(SHARED.length);
      history.replaceState(null, "", location.pathname + location.search); // read once: a reload keeps what was made of it
      let profile = null;
      try {
        profile = await unpack(packed);
      } catch (error) {
        // It was cut off on its way: the server says so, as of any other profile that cannot be read.
      }
      this.$emit("shared", { profile });
    },
  },
  template: `<span hidden></span>`,
};
