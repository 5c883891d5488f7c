// "Who am I": search as one types, own artists with how much they are played, export files, listeners to start from.
const AMOUNTS = [["a little", 1], ["often", 2], ["a lot", 3]];
const FIRST_SHOWN = 12;
const SEVERAL = /[\n\t;,|、，；•]|\s[/·]\s/; // what lies between the names of a list

export default {
  props: { state: Object, found: Object, uploadUrl: String, uploadBytes: Number, textLength: Number, withUsers: Boolean },
  emits: ["search", "enter", "add", "remove", "amount", "example", "user", "users", "popular", "clear"],
  data() {
    return {
      text: "", open: false, active: 0, amount: "often", all: false, user: "", dragging: false, busy: "", failed: "", refused: "",
      entered: [], // typed or pasted, and not yet answered
      nAnswered: this.state.n_entered, asking: null, unfolded: false, typed: false,
    };
  },
  computed: {
    options() {
      return this.found.query === this.text.trim() ? this.found.items : [];
    },
    isSearching() {
      return (this.text.trim() && this.found.query !== this.text.trim()) || this.entered.length > 0;
    },
    mine() {
      return new Set(this.state.artists.map((artist) => artist.id));
    },
    visibleArtists() {
      return this.all ? this.state.artists : this.state.artists.slice(0, FIRST_SHOWN);
    },
    amounts: () => AMOUNTS,
    isUnknown() {
      return this.text.trim() && this.found.query === this.text.trim() && !this.options.length && !SEVERAL.test(this.text);
    },
    // The formats that are known are many: they are told to whoever asks.
    failure() {
      const [what, formats] = this.failed.split(" Known are: ");
      return { what, formats };
    },
    summary() {
      const names = this.state.artists.slice(0, 5).map((artist) => artist.name);
      return names.join(", ") + (this.state.artists.length > names.length ? " …" : "");
    },
  },
  watch: {
    text() {
      if (this.text) this.refused = "";
      this.active = 0;
      this.open = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("search", this.text.trim()), 80); // after a pause in typing
    },
    "state.n_entered"(answered) {
      this.entered.splice(0, answered - this.nAnswered);
      this.nAnswered = answered;
    },
    "state.is_known"(known) {
      // On a narrow screen the artists stay open while they are typed, and fold where they came all at once.
      this.unfolded = known && this.typed;
      if (!known) this.$nextTick(() => this.$refs.search.focus());
    },
  },
  mounted() {
    if (!this.state.is_known) this.$refs.search.focus({ preventScroll: true });
  },
  methods: {
    move(by) {
      if (!this.options.length) return;
      this.open = true;
      this.active = (this.active + by + this.options.length) % this.options.length;
      this.$nextTick(() => this.$el.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
    },
    choose(option) {
      this.typed = true;
      if (!this.mine.has(option.id)) this.$emit("add", { item: option.id, amount: this.amount });
      this.text = "";
      this.open = false;
      this.$refs.search.focus();
    },
    // Enter may come before the search has answered, and a list has no answer: the server finds what is meant.
    enter() {
      const option = this.options[this.active];
      if (option) this.choose(option);
      else if (this.text.trim()) this.take(this.text);
    },
    take(text) {
      if (text.length > this.textLength) {
        const [found, most] = [text.length, this.textLength].map((number) => number.toLocaleString("en"));
        this.refused = `What was pasted has ${found} characters; ${most} are read at a time. Import it as a text file.`;
        return;
      }
      this.refused = "";
      this.typed = true;
      this.entered.push(text.trim().split("\n")[0].slice(0, 60));
      this.$emit("enter", { text, amount: this.amount });
      this.text = "";
      this.open = false;
    },
    paste(event) {
      const text = event.clipboardData.getData("text/plain");
      if (!SEVERAL.test(text.trim()) || this.text.trim()) return; // one name, or a part of one
      event.preventDefault();
      this.take(text);
    },
    next(artist) {
      const names = AMOUNTS.map((pair) => pair[0]);
      this.$emit("amount", { item: artist.id, amount: names[artist.dots % names.length] });
    },
    suggestUsers() {
      if (this.user) this.$emit("users", this.user);
    },
    // Where there are artists already, what becomes of them is asked first.
    offer(files) {
      if (!files.length) return;
      if (!this.state.artists.length) return this.send(files, false);
      this.asking = files;
      this.$nextTick(() => this.$refs.asking.focus());
    },
    answer(more) {
      const files = this.asking;
      this.asking = null;
      if (more === null) this.$refs.files.value = "";
      else this.send(files, more);
      this.$nextTick(() => this.$refs.files.focus());
    },
    async send(files, more) {
      this.failed = "";
      for (const [index, file] of files.entries()) {
        if (file.size > this.uploadBytes) {
          this.failed = `${file.name} is larger than ${Math.floor(this.uploadBytes / 2 ** 20)} MiB, the most that is read at a time.`;
          break;
        }
        this.busy = file.name;
        try {
          const response = await fetch(this.uploadUrl + (more || index ? "&more=true" : ""), {
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
      this.offer([...event.dataTransfer.files]);
    },
  },
  template: `
  <section class="dc-card dc-finder" :class="{ folded: state.is_known && !unfolded }" aria-labelledby="finder-title">
    <div class="dc-head">
      <h2 id="finder-title">Who am I</h2>
      <button v-if="state.is_known" class="dc-quiet dc-fold" :aria-expanded="unfolded" aria-controls="dc-finder-body" @click="unfolded = !unfolded">{{ unfolded ? 'Done' : 'Change' }}</button>
      <button v-if="state.has_begun" class="dc-quiet dc-clear" @click="$emit('clear')">Start over</button>
    </div>
    <p v-if="state.is_known" class="dc-summary"><b>{{ state.artists.length.toLocaleString('en') }}</b> {{ summary }}</p>
    <div id="dc-finder-body" class="dc-finder-body">
      <div class="dc-search">
        <label class="dc-sr" for="dc-artist">Search for an artist to add</label>
        <input id="dc-artist" ref="search" v-model="text" type="text" role="combobox" autocomplete="off" spellcheck="false" enterkeyhint="done"
          :placeholder="state.is_known ? 'Another artist, or a list of them …' : 'An artist you play, or a list of them …'" aria-autocomplete="list" aria-controls="dc-options" maxlength="2000"
          :aria-expanded="open && options.length > 0" :aria-activedescendant="open && options.length ? 'dc-option-' + active : null"
          @keydown.down.prevent="move(1)" @keydown.up.prevent="move(-1)" @keydown.enter.prevent="enter"
          @keydown.esc="open = false" @focus="open = true" @blur="open = false" @paste="paste">
        <ul id="dc-options" role="listbox" aria-label="Artists found" v-show="open && options.length">
          <li v-for="(option, index) in options" :key="option.id" :id="'dc-option-' + index" role="option" :class="{ mine: mine.has(option.id) }"
            :aria-selected="index === active" @mousedown.prevent="choose(option)" @mousemove="active = index">
            <span>{{ option.name }}</span><small v-if="mine.has(option.id)">✓ added already</small><small v-else>{{ option.listeners.toLocaleString('en') }} {{ option.listeners === 1 ? 'listener' : 'listeners' }}</small>
          </li>
        </ul>
        <p class="dc-note dc-state" role="status"><template v-if="isSearching">Searching<template v-if="entered.length"> for {{ entered[0] }}</template> …</template><template v-else-if="refused">{{ refused }}</template><template v-else-if="isUnknown">This model knows no artist by that name. Enter shows what may be meant.</template></p>
      </div>
      <fieldset class="dc-segments dc-amount">
        <legend>I play them</legend>
        <label v-for="[name] in amounts" :key="name"><input type="radio" name="dc-amount" :value="name" v-model="amount"><span>{{ name }}</span></label>
      </fieldset>

      <template v-if="state.is_known">
        <p class="dc-note dc-count"><template v-if="state.source">{{ state.source }} · </template>{{ state.artists.length.toLocaleString('en') }} {{ state.artists.length === 1 ? 'artist' : 'artists' }}</p>
        <ul class="dc-chips" aria-label="My artists">
          <li v-for="artist in visibleArtists" :key="artist.id">
            <button class="dc-chip-name" :title="artist.plays + ' plays; press for more or less'" :aria-label="artist.name + ', played ' + amounts[artist.dots - 1][0] + '; change'" @click="next(artist)">
              {{ artist.name }}<span class="dc-dots" aria-hidden="true"><i v-for="n in 3" :key="n" :class="{ on: n <= artist.dots }"></i></span>
            </button><button class="dc-x" :aria-label="'Remove ' + artist.name" @click="$emit('remove', artist.id)">×</button>
          </li>
        </ul>
        <button v-if="state.artists.length > 12" class="dc-quiet" :aria-expanded="all" @click="all = !all">{{ all ? 'Show fewer' : 'Show all ' + state.artists.length.toLocaleString('en') }}</button>
      </template>

      <details v-if="state.unmatched.length" class="dc-unmatched" open>
        <summary>{{ state.n_unmatched.toLocaleString('en') }} not found in this catalogue</summary>
        <ul>
          <li v-for="row in state.unmatched" :key="row.name"><span>{{ row.name }}</span>
            <button v-for="like in row.suggestions" :key="like.id" class="dc-link" @click="$emit('add', { item: like.id, amount: 'often' })">{{ like.name }}?</button>
          </li>
        </ul>
      </details>

      <details class="dc-more" :open="!state.has_begun || !!asking || !!failed || !!busy">
        <summary>Import an export<template v-if="withUsers">, or start from a listener</template></summary>
        <div class="dc-ways">
          <div v-if="withUsers && state.examples.length" class="dc-start">
            <p id="dc-examples-title" class="dc-note">Or try someone who plays</p>
            <ul aria-labelledby="dc-examples-title">
              <li v-for="example in state.examples" :key="example.id">
                <button class="dc-example" @click="$emit('example', example.id)"><span>{{ example.title }}&nbsp;…</span><small>{{ example.n_artists }} artists</small></button>
              </li>
            </ul>
          </div>
          <div class="dc-import">
            <p class="dc-note">Or begin with nothing</p>
            <button class="dc-example" @click="$emit('popular')"><span>What everybody plays</span><small>then turn the dial</small></button>
            <label class="dc-drop" :class="{ over: dragging }" @dragover.prevent="dragging = true" @dragleave="dragging = false" @drop.prevent="drop">
              <input ref="files" type="file" class="dc-sr" multiple :disabled="!!busy" @change="offer([...$event.target.files])" aria-label="Import a listening export">
              <template v-if="busy"><strong role="status">Reading {{ busy }} …</strong></template>
              <template v-else><strong>Drop a listening export</strong><span>Spotify, Last.fm, ListenBrainz, Maloja and others; it is read here and not kept.</span></template>
            </label>
            <div v-if="asking" class="dc-ask" role="group" aria-labelledby="dc-ask-text">
              <p id="dc-ask-text">You have {{ state.artists.length.toLocaleString('en') }} {{ state.artists.length === 1 ? 'artist' : 'artists' }} already.</p>
              <button ref="asking" class="dc-button" @click="answer(true)">Add to them</button>
              <button class="dc-button" @click="answer(false)">Replace them</button>
              <button class="dc-button" @click="answer(null)">Cancel</button>
            </div>
            <div v-if="failed" class="dc-error" role="alert"><p>{{ failure.what }}</p><details v-if="failure.formats"><summary>What can be read</summary><p>{{ failure.formats }}</p></details></div>
          </div>
          <details v-if="withUsers" class="dc-corner">
            <summary>A listener by id</summary>
            <form class="dc-user" @submit.prevent="user && $emit('user', user)">
              <label class="dc-sr" for="dc-user">Id of a listener</label>
              <input id="dc-user" v-model="user" list="dc-users" placeholder="id of a listener" maxlength="512" @input="suggestUsers">
              <datalist id="dc-users"><option v-for="id in state.users" :key="id" :value="id"></option></datalist>
              <button class="dc-button" :disabled="!user">Go</button>
            </form>
          </details>
        </div>
      </details>
    </div>
  </section>`,
};
