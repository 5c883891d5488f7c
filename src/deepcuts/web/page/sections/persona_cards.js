// "My personas": one card each; changed options are sent at once.
export default {
  props: { cards: Array, mainPosition: Number },
  emits: ["toggle", "rename", "dial"],
  data: () => ({ renaming: -1, name: "" }),
  methods: {
    letter: (number) => String.fromCharCode(65 + (number % 26)),
    percent: (share) => Math.round(share * 100) + " %",
    begin(card) {
      this.renaming = card.number;
      this.name = card.name;
      this.$nextTick(() => this.$el.querySelector(".dc-rename input")?.select());
    },
    finish(card) {
      if (this.renaming !== card.number) return;
      this.renaming = -1;
      this.$emit("rename", { persona: card.number, name: this.name });
      this.$nextTick(() => this.$el.querySelector("#dc-name-" + card.number)?.focus());
    },
    moveDial(card, event) {
      this.$emit("dial", { persona: card.number, position: Number(event.target.value) });
    },
  },
  template: `
  <section v-if="cards.length" class="dc-card" aria-labelledby="personas-title">
    <h2 id="personas-title">My personas</h2>
    <p v-if="cards.length === 1" class="dc-note">One taste so far. From four artists on, a second one may show.</p>
    <div class="dc-shares" aria-hidden="true"><i v-for="card in cards" :key="card.number" :class="['p' + card.number % 8, { muted: card.muted }]" :style="{ flexGrow: card.share }"></i></div>
    <ol class="dc-personas">
      <li v-for="card in cards" :key="card.number" :class="['p' + card.number % 8, { muted: card.muted }]">
        <div class="dc-persona-top">
          <span class="dc-badge" aria-hidden="true">{{ letter(card.number) }}</span>
          <form v-if="renaming === card.number" class="dc-rename" @submit.prevent="finish(card)">
            <input v-model="name" aria-label="Name of this persona" maxlength="60" @blur="finish(card)" @keydown.esc="renaming = -1">
          </form>
          <button v-else class="dc-name" :id="'dc-name-' + card.number" :aria-label="card.name + '; rename'" title="Rename" @click="begin(card)">
            <b>{{ card.title }}</b>
          </button>
          <span class="dc-share">{{ percent(card.share) }}</span>
        </div>
        <p class="dc-made">{{ card.artists.join(', ') }}<template v-if="card.n_artists > card.artists.length"> and {{ card.n_artists - card.artists.length }} more</template></p>
        <div class="dc-actions">
          <button v-for="[key, label, hint] in [['muted', 'Mute', 'Leave it out of the list'], ['boosted', 'More', 'Hear it twice as much'], ['pinned', 'Pin', 'Hear pinned personas only']]"
            :key="key" class="dc-toggle" :aria-pressed="card[key]" :title="hint" :aria-label="label + ': ' + card.name" @click="$emit('toggle', { persona: card.number, option: key })">{{ label }}</button>
          <label class="dc-own-dial" :class="{ set: card.dial_position !== null }"><span class="dc-sr">Dial of {{ card.name }}</span>
            <input type="range" min="-1" max="1" step="0.05" :value="card.dial_position ?? mainPosition" :title="card.dial_position === null ? 'Follows the main dial' : 'A dial of its own'" @input="moveDial(card, $event)">
          </label>
          <button v-if="card.dial_position !== null" class="dc-x" title="Follow the main dial again" :aria-label="card.name + ' follows the main dial again'" @click="$emit('dial', { persona: card.number, position: null })">×</button>
        </div>
      </li>
    </ol>
  </section>`,
};
