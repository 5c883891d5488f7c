// The list under its dial. A new position is sent once the list for the one before has arrived, so none queue up.
// Where an artist can be looked for. A link is followed on a press only, in a new tab that is told nothing of this page.
const SERVICES = [
  ["Spotify", "https://open.spotify.com/search/{}/artists"],
  ["Apple Music", "https://music.apple.com/search?term={}"],
  ["YouTube Music", "https://music.youtube.com/search?q={}"],
  ["Bandcamp", "https://bandcamp.com/search?item_type=b&q={}"],
  ["Last.fm", "https://www.last.fm/search/artists?q={}"],
  ["MusicBrainz", "https://musicbrainz.org/search?type=artist&query={}"],
];

export default {
  props: { state: Object },
  emits: ["dial", "mix", "length", "floor", "more", "refuse", "allow", "keep"],
  data() {
    return { position: this.state.dial_position, waiting: false, wanted: null, seconds: 0 };
  },
  mounted() {
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, this.closeMenus);
    this.clock = setInterval(() => (this.seconds += this.state.is_warming ? 1 : 0), 1000);
  },
  beforeUnmount() {
    clearInterval(this.clock);
    for (const type of ["pointerdown", "keydown"]) document.removeEventListener(type, this.closeMenus);
  },
  watch: {
    "state.sequence"() {
      this.waiting = false;
      if (this.wanted !== null) this.send();
      else if (document.activeElement !== this.$refs.dial) this.position = this.state.dial_position;
    },
  },
  computed: {
    word() {
      const { position } = this;
      if (position === 0) return this.state.is_stranger ? "as most tastes are" : "as my tastes are";
      if (position < -0.6) return "what everybody knows";
      if (position < 0) return "more familiar";
      return position < 0.4 ? "a little rarer" : position < 0.8 ? "rare" : "deep cuts";
    },
    // How much of the minute or so is over, never all of it: how long a machine takes is not known.
    warmed() {
      return 1 - Math.exp(-this.seconds / 30);
    },
    widest() {
      return Math.log2(this.state.n_listeners + 1);
    },
  },
  methods: {
    elsewhere: (name) => SERVICES.map(([service, url]) => [service, url.replace("{}", encodeURIComponent(name))]),
    // One menu is open at a time, and Escape or a press elsewhere closes it.
    closeMenus(event) {
      if (event.type === "keydown" && event.key !== "Escape") return;
      for (const menu of this.$el.querySelectorAll(".dc-elsewhere[open]")) {
        if (event.type === "keydown" || !menu.contains(event.target)) menu.open = false;
        if (event.type === "keydown") menu.firstElementChild.focus();
      }
    },
    // A persona below 0 is no persona: all of the visitor's artists speak for the row.
    letter: (number) => (number < 0 ? "✱" : String.fromCharCode(65 + (number % 26))),
    colour: (number) => (number < 0 ? "pall" : "p" + (number % 8)),
    whose(number) {
      if (this.state.is_stranger) return "Typical tastes of all listeners";
      return number < 0 ? "All of you: no one persona speaks for it" : "Persona " + this.letter(number) + ", " + this.state.personas[number];
    },
    number: (value) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en")),
    along(listeners) {
      return (100 * Math.log2(listeners + 1)) / this.widest;
    },
    moveDial() {
      this.position = Number(this.position);
      this.wanted = this.position;
      if (!this.waiting) this.send();
    },
    send() {
      this.waiting = true;
      this.$emit("dial", this.wanted);
      this.wanted = null;
    },
    reset() {
      this.position = 0;
      this.moveDial();
    },
  },
  template: `
  <div class="dc-listing">
    <template v-if="state.is_known && !state.is_warming">
    <div class="dc-dial">
      <div class="dc-dial-words"><label for="dc-dial">How rare</label><output for="dc-dial">{{ word }}</output><button class="dc-quiet" :disabled="position === 0" @click="reset">Reset</button></div>
      <input id="dc-dial" ref="dial" type="range" min="-1" max="1" step="0.02" v-model="position" :aria-valuetext="word" @input="moveDial">
      <div class="dc-dial-ends" aria-hidden="true"><span>familiar</span><span>deep cuts</span></div>
    </div>

    <div v-if="state.rows.length" class="dc-rail" role="img" :aria-label="'Half of the artists on this list have at most ' + number(state.median_listeners) + ' listeners'">
      <div class="dc-rail-line">
        <i v-for="row in state.rows" :key="row.item_id" :class="colour(row.badge)" :style="{ left: along(row.listeners) + '%' }"></i>
        <b :style="{ left: along(state.median_listeners) + '%' }"><span><strong class="dc-median">{{ number(state.median_listeners) }}</strong> listeners, the median</span></b>
      </div>
      <div class="dc-rail-ends"><span>1 listener</span><span>all {{ state.n_listeners.toLocaleString('en') }}</span></div>
    </div>

    <div class="dc-controls">
      <fieldset class="dc-segments"><legend>Mix</legend>
        <label title="Each persona has its say, by its share"><input type="radio" name="dc-mix" value="share" :checked="state.mix === 'share'" @change="$emit('mix', 'share')"><span>by share</span></label>
        <label title="The best matches of any persona"><input type="radio" name="dc-mix" value="max" :checked="state.mix === 'max'" @change="$emit('mix', 'max')"><span>best match</span></label>
      </fieldset>
      <fieldset class="dc-segments"><legend>Length</legend>
        <label v-for="k in state.lengths" :key="k"><input type="radio" name="dc-k" :value="k" :checked="state.k === k" @change="$emit('length', k)"><span>{{ k }}</span></label>
      </fieldset>
      <fieldset class="dc-segments"><legend title="Of an artist that one person plays, little more is known than that person">At least</legend>
        <label v-for="n in state.floors" :key="n"><input type="radio" name="dc-floor" :value="n" :checked="state.least_listeners === n" @change="$emit('floor', n)"><span>{{ n }}<span class="dc-sr"> {{ n === 1 ? 'listener' : 'listeners' }}</span></span></label><span class="dc-note">listeners</span>
      </fieldset>
    </div>
    </template>

    <div v-if="state.is_known && state.is_warming" class="dc-warming" role="status">
      <p>Warming up: the first time takes a quarter of a minute and more. You can add more artists meanwhile.</p>
      <div class="dc-bar" role="progressbar" aria-label="Warming up" :aria-valuetext="seconds + ' seconds'" aria-valuemin="0" aria-valuemax="100" :aria-valuenow="Math.round(100 * warmed)"><i :style="{ width: 100 * warmed + '%' }"></i></div>
    </div>
    <p v-else-if="!state.rows.length" class="dc-empty" role="status">{{ state.empty }}</p>
    <p v-if="state.doubt" class="dc-doubt" role="status">{{ state.doubt }}</p>
    <TransitionGroup tag="ol" name="dc-row" class="dc-rows" aria-label="Recommended artists">
      <li v-for="row in state.rows" :key="row.item_id" class="dc-row" :class="colour(row.badge)" :data-item="row.item_id">
        <span class="dc-rank">{{ row.rank }}</span>
        <span class="dc-badge" role="img" :title="whose(row.badge)" :aria-label="whose(row.badge)">{{ letter(row.badge) }}</span>
        <div class="dc-what">
          <h3>{{ row.name }}</h3>
          <p v-if="row.reasons.length">because of <template v-for="([name, share], n) in row.reasons" :key="name"><template v-if="n">, </template><span>{{ name }}</span> <small>{{ Math.round(share * 100) }}&nbsp;%</small></template></p>
          <p v-else-if="!state.is_stranger">because of many of your artists, each a little</p>
        </div>
        <span class="dc-heard" :title="row.listeners + ' of ' + state.n_listeners + ' listeners'"><i :style="{ width: along(row.listeners) + '%' }"></i><span>{{ row.listeners.toLocaleString('en') }} {{ row.listeners === 1 ? 'listener' : 'listeners' }}</span></span>
        <div class="dc-buttons">
          <button :aria-label="'More like ' + row.name" title="More like this" @click="$emit('more', row.item_id)"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 4v12M4 10h12"/></svg></button>
          <button :aria-label="'Not for me: ' + row.name" title="Not for me" @click="$emit('refuse', row.item_id)"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg></button>
          <button :aria-label="'Keep ' + row.name" title="Keep" :aria-pressed="row.kept" @click="$emit('keep', row.item_id)"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M6 3.5h8v13l-4-3.2-4 3.2z"/></svg></button>
          <details class="dc-elsewhere" @toggle="$event.target.open && $event.target.querySelector('a')?.focus()"><summary :aria-label="'Look for ' + row.name + ' elsewhere'" title="Look for it elsewhere"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7"/></svg></summary>
            <ul :aria-label="row.name + ' elsewhere'"><li v-for="[service, url] in elsewhere(row.name)" :key="service"><a :href="url" target="_blank" rel="noopener noreferrer">{{ service }}</a></li></ul>
          </details>
        </div>
      </li>
    </TransitionGroup>

    <section v-if="state.refused.length" class="dc-kept" aria-labelledby="refused-title">
      <h2 id="refused-title">Not for me</h2>
      <ul class="dc-chips"><li v-for="artist in state.refused" :key="artist.id"><span class="dc-chip-name">{{ artist.name }}</span><button class="dc-x" :aria-label="'Allow ' + artist.name + ' again'" @click="$emit('allow', artist.id)">×</button></li></ul>
    </section>
  </div>`,
};
