// A picture of my tastes, a link that opens them elsewhere, and a blend with somebody else's.
const pack = async (profile) => {
  const stream = new Blob([JSON.stringify(profile)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

export default {
  props: { known: Boolean, card: String, profile: Object, offered: Number, blend: Object, uploadUrl: String },
  emits: ["open", "accept", "leave"],
  data: () => ({ link: "", copied: false, theirs: "", failed: "", busy: false }),
  computed: {
    // The formats that are known are many: they are told to whoever asks.
    failure() {
      const [what, formats] = this.failed.split(" Known are: ");
      return { what, formats };
    },
  },
  watch: {
    async profile(profile) {
      this.copied = false;
      this.link = profile ? `${location.origin}${location.pathname}#p=${await pack(profile)}` : "";
    },
    offered(artists) {
      if (artists) this.$nextTick(() => this.$refs.offer.showModal());
    },
  },
  methods: {
    show() {
      this.failed = "";
      this.$emit("open");
      this.$refs.dialog.showModal();
    },
    image: (svg) => "data:image/svg+xml;base64," + btoa(String.fromCharCode(...new TextEncoder().encode(svg))),
    save(blob, name) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },
    saveSvg() {
      this.save(new Blob([this.card], { type: "image/svg+xml" }), "my-tastes.svg");
    },
    async savePng() {
      const image = new Image();
      image.src = this.image(this.card);
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: image.naturalWidth, height: image.naturalHeight });
      canvas.getContext("2d").drawImage(image, 0, 0);
      canvas.toBlob((blob) => this.save(blob, "my-tastes.png"), "image/png");
    },
    async copy() {
      this.$refs.link.select();
      try {
        await navigator.clipboard.writeText(this.link);
        this.copied = true;
      } catch (error) {
        this.copied = document.execCommand("copy"); // where the page is not on this machine, and has no certificate
      }
    },
    // A link that was pasted is opened as any other: memory.js reads what is behind the "#".
    openTheirs() {
      const at = this.theirs.indexOf("#p=");
      this.failed = at < 0 ? "This is no link of deepcuts: such a link has #p= in it." : "";
      if (at < 0) return;
      this.$refs.dialog.close();
      location.hash = this.theirs.slice(at).trim();
      this.theirs = "";
    },
    async send(files) {
      if (!files.length) return;
      this.busy = true;
      this.failed = "";
      try {
        const headers = { "Content-Type": "application/octet-stream", "X-File-Name": encodeURIComponent(files[0].name) };
        const response = await fetch(this.uploadUrl + "&blend=true", { method: "POST", headers, body: files[0] });
        if (response.ok) this.$refs.dialog.close();
        else this.failed = (await response.json()).detail;
      } catch (error) {
        this.failed = "The file did not arrive. Is the server still running?";
      }
      this.busy = false;
      this.$refs.theirs.value = "";
    },
    accept(how) {
      this.$refs.offer.close();
      this.$emit("accept", how);
    },
    percent: (part) => Math.round(100 * part) + " %",
  },
  template: `
  <div>
    <section v-if="blend" class="dc-card dc-blend" aria-labelledby="blend-title">
      <div class="dc-head"><h2 id="blend-title">The two of you</h2><button class="dc-quiet" @click="$emit('leave')">Back to mine</button></div>
      <p class="dc-match"><b>{{ percent(blend.match) }}</b> alike<template v-if="blend.closer > 0">, more than {{ percent(blend.closer) }} of pairs of listeners</template></p>
      <ul v-if="blend.shared.length" aria-label="Tastes in common"><li v-for="pair in blend.shared" :key="pair.join('/')"><b>{{ pair[0] }}</b> meets <b>{{ pair[1] }}</b></li></ul>
      <p v-else class="dc-note">No taste of one is a taste of the other.</p>
      <p v-if="blend.common.length" class="dc-note">Both of you play {{ blend.common.join(', ') }}.</p>
      <p class="dc-note">The list is for both: it leaves out what either of you plays.</p>
    </section>
    <button v-if="known" class="dc-button dc-share-open" @click="show">Share or blend …</button>

    <dialog ref="dialog" class="dc-dialog" aria-labelledby="share-title" @click.self="$refs.dialog.close()">
      <div class="dc-head"><h2 id="share-title">Share</h2><button class="dc-x" aria-label="Close" @click="$refs.dialog.close()">×</button></div>
      <div class="dc-sharing">
        <img v-if="card" class="dc-picture" :src="image(card)" alt="Picture of my tastes: personas with their shares and artists, and some deep cuts">
        <div class="dc-share-ways">
          <h3>A picture</h3>
          <p class="dc-note">Drawn here; nothing is sent anywhere.</p>
          <p class="dc-two"><button class="dc-button" @click="savePng">PNG</button><button class="dc-button" @click="saveSvg">SVG</button></p>
          <h3>A link</h3>
          <p class="dc-note">It holds your artists behind the #, which browsers send to no server, and opens where deepcuts runs.</p>
          <p class="dc-two"><label class="dc-sr" for="dc-link">Link to my profile</label><input id="dc-link" ref="link" type="text" readonly :value="link" @focus="$event.target.select()"><button class="dc-button" @click="copy">{{ copied ? 'Copied' : 'Copy' }}</button></p>
          <h3>A blend</h3>
          <p class="dc-note">With somebody else's link or export: what you share, and one list for both.</p>
          <form class="dc-two" @submit.prevent="openTheirs"><label class="dc-sr" for="dc-theirs">Somebody else's link</label><input id="dc-theirs" v-model="theirs" type="text" placeholder="Their link …"><button class="dc-button" :disabled="!theirs">Open</button></form>
          <label class="dc-drop"><input ref="theirs" type="file" class="dc-sr" :disabled="busy" aria-label="Import somebody else's export" @change="send([...$event.target.files])"><strong>{{ busy ? 'Reading …' : 'Their listening export' }}</strong></label>
          <div v-if="failed" class="dc-error" role="alert"><p>{{ failure.what }}</p><details v-if="failure.formats"><summary>What can be read</summary><p>{{ failure.formats }}</p></details></div>
        </div>
      </div>
    </dialog>

    <dialog ref="offer" class="dc-dialog dc-offer" aria-labelledby="offer-title">
      <h2 id="offer-title">Somebody's music: {{ offered.toLocaleString('en') }} {{ offered === 1 ? 'artist' : 'artists' }}</h2>
      <p class="dc-note">You have artists of your own here.</p>
      <p class="dc-two"><button class="dc-button" autofocus @click="accept('blend')">Blend with mine</button><button class="dc-button" @click="accept('open')">Open instead of mine</button><button class="dc-button" @click="accept('')">Not now</button></p>
    </dialog>
  </div>`,
};
