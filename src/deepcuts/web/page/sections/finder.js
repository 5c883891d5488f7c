// "Who am I": search as one types, own artists with how much they are played, export files, listeners to start from.
const AMOUNTS = [["a little", 1], ["often", 2], ["a lot", 3]];
const FIRST_SHOWN = 12;

export default {
  props: { state: Object, found: Object, uploadUrl: String, uploadBytes: Number, withUsers: Boolean },
  emits: ["search", "add", "remove", "amount", "example", "user", "users", "clear"],
  data() {
    return { text: "", open: false, active: 0, amount: "often", all: false, user: "", dragging: false, busy: "", failed: "" };
  },
  computed: {
    options() {
      return this.found.query === this.text.trim() ? this.found.items : [];
    },
    visibleArtists() {
      return this.all ? this.state.artists : this.state.artists.slice(0, FIRST_SHOWN);
    },
    amounts: () => AMOUNTS,
    isUnknown() {
      return this.text.trim() && this.found.query === this.text.trim() && !this.options.length;
    },
  },
  watch: {
    text() {
      this.active = 0;
      this.open = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("search", this.text.trim()), 80); // after a pause in typing
    },
  },
  methods: {
    move(by) {
      if (!this.options.length) return;
      this.open = true;
      this.active = (this.active + by + this.options.length) % this.options.length;
      this.$nextTick(() => this.$el.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
    },
    choose(option) {
      if (!option) return;
      this.$emit("add", { item: option.id, amount: this.amount });
      this.text = "";
      this.open = false;
      this.$refs.search.focus();
    },
    next(artist) {
      const names = AMOUNTS.map((pair) => pair[0]);
      this.$emit("amount", { item: artist.id, amount: names[artist.dots % names.length] });
    },
    suggestUsers() {
      if (this.user) this.$emit("users", this.user);
    },
    async send(files) {
      if (!files.length) return;
      this.failed = "";
      for (const [index, file] of files.entries()) {
        if (file.size > this.uploadBytes) {
          this.failed = `${file.name} is larger than ${Math.floor(this.uploadBytes / 2 ** 20)} MiB, the most that is read at a time.`;
          break;
        }
        this.busy = file.name;
        try {
          const response = await fetch(this.uploadUrl + (index ? "&more=true" : ""), {
            method: "POST",
            headers: { "Content-Type": "application/octet-stream", "X-File-Name": encodeURIComponent(file.name) },
            body: file,
          });
          if (!response.ok) this.failed = (await response.json()).detail;
        } catch (error) {
          this.failed = "The file did not arrive. Is the server still running?";
        }
      }
      this.busy = "";
      this.$refs.files.value = "";
    },
    drop(event) {
      this.dragging = false;
      this.send([...event.dataTransfer.files]);
    },
  },
  template: `
  <section class="dc-card" aria-labelledby="finder-title">
    <div class="dc-head">
      <h2 id="finder-title">Who am I</h2>
      <button v-if="state.artists.length" class="dc-quiet" @click="$emit('clear')">Start over</button>
    </div>
    <div class="dc-search">
      <label class="dc-sr" for="dc-artist">Search for an artist to add</label>
      <input id="dc-artist" ref="search" v-model="text" type="text" role="combobox" autocomplete="off" spellcheck="false"
        placeholder="An artist you play …" aria-autocomplete="list" aria-controls="dc-options" maxlength="200"
        :aria-expanded="open && options.length > 0" :aria-activedescendant="open && options.length ? 'dc-option-' + active : null"
        @keydown.down.prevent="move(1)" @keydown.up.prevent="move(-1)" @keydown.enter.prevent="choose(options[active])"
        @keydown.esc="open = false" @focus="open = true" @blur="open = false">
      <ul id="dc-options" role="listbox" aria-label="Artists found" v-show="open && options.length">
        <li v-for="(option, index) in options" :key="option.id" :id="'dc-option-' + index" role="option"
          :aria-selected="index === active" @mousedown.prevent="choose(option)" @mousemove="active = index">
          <span>{{ option.name }}</span><small>{{ option.listeners.toLocaleString('en') }} listeners</small>
        </li>
      </ul>
      <p v-if="isUnknown" class="dc-note" role="status">This model knows no artist by that name.</p>
    </div>
    <fieldset class="dc-segments dc-amount">
      <legend>I play them</legend>
      <label v-for="[name] in amounts" :key="name"><input type="radio" name="dc-amount" :value="name" v-model="amount"><span>{{ name }}</span></label>
    </fieldset>

    <template v-if="state.artists.length">
      <p class="dc-note"><template v-if="state.source">{{ state.source }} · </template>{{ state.artists.length.toLocaleString('en') }} {{ state.artists.length === 1 ? 'artist' : 'artists' }}</p>
      <ul class="dc-chips" aria-label="My artists">
        <li v-for="artist in visibleArtists" :key="artist.id">
          <button class="dc-chip-name" :title="artist.plays + ' plays; press for more or less'" :aria-label="artist.name + ', played ' + amounts[artist.dots - 1][0] + '; change'" @click="next(artist)">
            {{ artist.name }}<span class="dc-dots" aria-hidden="true"><i v-for="n in 3" :key="n" :class="{ on: n <= artist.dots }"></i></span>
          </button><button class="dc-x" :aria-label="'Remove ' + artist.name" @click="$emit('remove', artist.id)">×</button>
        </li>
      </ul>
      <button v-if="state.artists.length > 12" class="dc-quiet" @click="all = !all">{{ all ? 'Show fewer' : 'Show all ' + state.artists.length.toLocaleString('en') }}</button>
    </template>

    <details v-if="state.unmatched.length" class="dc-unmatched" open>
      <summary>{{ state.n_unmatched.toLocaleString('en') }} not found in this catalogue</summary>
      <ul>
        <li v-for="row in state.unmatched" :key="row.name"><span>{{ row.name }}</span>
          <button v-for="like in row.suggestions" :key="like.id" class="dc-link" @click="$emit('add', { item: like.id, amount: 'often' })">{{ like.name }}?</button>
        </li>
      </ul>
    </details>

    <label class="dc-drop" :class="{ over: dragging }" @dragover.prevent="dragging = true" @dragleave="dragging = false" @drop.prevent="drop">
      <input ref="files" type="file" class="dc-sr" multiple :disabled="!!busy" @change="send([...$event.target.files])" aria-label="Import a listening export">
      <template v-if="busy"><strong role="status">Reading {{ busy }} …</strong></template>
      <template v-else><strong>Drop a listening export</strong><span>Spotify, Last.fm, ListenBrainz, Maloja and others; it is read here and not kept.</span></template>
    </label>
    <p v-if="failed" class="dc-error" role="alert">{{ failed }}</p>

    <details v-if="withUsers" class="dc-start" :open="!state.artists.length">
      <summary>Or start from a listener of this model</summary>
      <ul>
        <li v-for="example in state.examples" :key="example.id">
          <button class="dc-example" @click="$emit('example', example.id)"><span>{{ example.title }}</span><small>{{ example.n_artists }} artists</small></button>
        </li>
      </ul>
      <form class="dc-user" @submit.prevent="user && $emit('user', user)">
        <label class="dc-sr" for="dc-user">Id of a listener</label>
        <input id="dc-user" v-model="user" list="dc-users" placeholder="or a listener by id" maxlength="512" @input="suggestUsers">
        <datalist id="dc-users"><option v-for="id in state.users" :key="id" :value="id"></option></datalist>
        <button class="dc-button" :disabled="!user">Go</button>
      </form>
    </details>
  </section>`,
};
