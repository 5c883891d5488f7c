// What was kept, at the foot of the window on every tab.
export default {
  props: { kept: Array, forms: Array },
  emits: ["drop", "export"],
  data: () => ({ open: false }),
  template: `
  <section v-if="kept.length" class="dc-tray" :class="{ open }" aria-labelledby="tray-title">
    <h2 id="tray-title"><button class="dc-tray-top" :aria-expanded="open" aria-controls="dc-tray-body" @click="open = !open"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M6 3.5h8v13l-4-3.2-4 3.2z"/></svg>Kept <b>{{ kept.length.toLocaleString('en') }}</b><span class="dc-tray-names">{{ open ? '' : kept.slice(-4).reverse().map((artist) => artist.name).join(', ') }}</span></button></h2>
    <div v-show="open" id="dc-tray-body" class="dc-tray-body dc-kept">
      <ul class="dc-chips" aria-label="Kept artists"><li v-for="artist in kept" :key="artist.id"><span class="dc-chip-name">{{ artist.name }}</span><button class="dc-x" :aria-label="'Take ' + artist.name + ' off the keep list'" @click="$emit('drop', artist.id)">×</button></li></ul>
      <div class="dc-export"><span>Export</span><button v-for="form in forms" :key="form" class="dc-button" @click="$emit('export', form)">{{ form === 'lbradio' ? 'LB Radio' : form.toUpperCase() }}</button></div>
    </div>
  </section>`,
};
