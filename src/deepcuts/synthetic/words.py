"""The words that invented names consist of.

Adjectives, nouns, ensembles and given names have no word in common, so that names of different patterns differ. The
plural of every noun is the noun and an s.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


ADJECTIVES = _words("""
Neon Velvet Paper Copper Silver Amber Hollow Quiet Slow Pale Distant Wooden Silent Golden Crooked Burning Frozen
Electric Midnight Winter Summer Autumn Northern Southern Western Eastern Restless Gentle Tender Bitter Sweet Sleepy
Lonesome Lucky Hidden Painted Gilded Woven Broken Tangled Floating Falling Drifting Wandering Dancing Whispering
Humming Marching Salted Smoking Dusty Rusty Mossy Misty Rainy Sunlit Moonlit Starlit Shallow Narrow Crimson Scarlet
Cobalt Indigo Emerald Ivory Marble Plastic Magnetic Analog Invisible Imaginary Accidental Ordinary Patient Polite
Nervous Stubborn Careful Reluctant Borrowed Second Seventh Last Sacred Feral Nocturnal Tidal Lunar Solar Polar
Coastal Inland Tropical Alpine Bright Faint Tiny Giant Spare Double Backwards Sideways Upward Inner Outer Lower
Upper Unwritten
""")

NOUNS = _words("""
Harbour Orchard Lantern Kestrel Meadow River Comet Satellite Garden Window Mirror Engine Feather Canyon Valley
Island Signal Candle Ribbon Saddle Anchor Sparrow Heron Falcon Otter Badger Magnet Carousel Postcard Telegraph
Cathedral Tunnel Bridge Staircase Elevator Radiator Typewriter Umbrella Teacup Thimble Button Pillow Ladder Hammer
Tailor Sailor Gardener Baker Pilot Stranger Neighbour Cousin Hermit Pilgrim Wanderer Beacon Ember Cinder Furnace
Glacier Iceberg Prairie Dune Lagoon Pebble Boulder Fossil Acorn Thistle Clover Fern Willow Maple Juniper Magnolia
Dahlia Tulip Moth Cicada Swallow Magpie Raven Marten Tortoise Sturgeon Herring Oyster Pearl Coral Tide Current Delta
Summit Ridge Pasture Vineyard Cottage Chapel Tower Turret Attic Cellar Corridor Hallway Doorway Keyhole Curtain
Carpet Cushion Kettle Spoon Needle Thread Pocket Collar Sleeve Zipper Parasol Pavilion Fountain Statue Pendulum
Metronome Gramophone Accordion Cello Clarinet Trumpet Drummer Piano Organ Antenna Transistor Circuit Pixel Vector
Cassette Projector Telescope Microscope Planet Orbit Nebula Meteor Eclipse Horizon Equator Meridian Almanac Ledger
Envelope Parcel Ticket Passport Suitcase Caravan Wagon Tram Trawler Paddle Rudder Lighthouse Buoy Market Arcade
Kiosk Cinema Ballroom Motel
""")

ENSEMBLES = _words("""
Orchestra Ensemble Collective Quartet Quintet Trio Choir Society Club Theatre Union Brigade Assembly Revue
Express Company Workshop Department Committee Conspiracy Exchange Institute Laboratory
""")

GIVEN_NAMES = _words("""
Mara Ines Tomas Leila Anton Noor Elias Freya Kofi Yuki Ravi Sena Ilse Bruno Odile Tariq Maren Lucio Amara Petra Jonas
Wren Hana Idris Saskia Mateo Nadia Oskar Zola Emil Farah Dario Linnea Kwame Rosa Viggo Esme Pavel Anouk Samir Greta
Aiko Rafael Signe Malik Juno Henrik Carmen Teodor Asha Felix Mirela Bastien Ngozi Casper Alma Yusuf Clea Marek Sofia
Ayo Lars Paloma Dev Ingrid Hugo Zainab Milo Renata Soren Thandi Nico Vera Karim Elodie Stellan Priya Otto Camila Jalen
Runa Amadou Nell Viktor Imani Rune Beatriz Kenji Lotte Omar Tess Gael Xenia Abel Maite Sunniva Levi Dalia Aron
Mina Sander Chiara Bilal Edda Joaquin Nila Anders Fatou Ezra Coline Haruki Dagny Salma Ruben Tove Kiran Marisol Axel
Oona Jamal Silvie Arlo Zuri Mikkel Lena Rohan Isaura Tobias Ama Caspian Delphine Nikolai Suki Emre Livia Thabo Astrid
Romy Hassan Elke Lior Nora Cyrus Pia Aleksy Yara Finn Soraya Matthis Brisa Ola Kaito Flora Adisa Jette Leandro Meera
""")

# Beginnings and endings of surnames that sound alike.
_SURNAME_FAMILIES = """
Lind Sund Holm Dahl Fjell Gran Alm Asp Strand Hag Hed Kron Vall Nord Ek Björk : gren berg ström qvist lund stad borg by
Ash Hart Thorn Fair Wes Win Brad Hol El Hales Marl Whit Lang Rad Cal Pem : more well ham ford wick worth ley combe croft
Mor Ferr Sal Mont Car Cas Ros Val Pal Gall Mend Riv Sant Bel Cor : ano ini etti elli ante ardo ero ares osa anza ella
Nov Vas Mar Pet Bor Kov Dub Kral Zel Hor Sok Jab Ryb Vol Mil Lis : ák ek ova enko ović inski arev ecki onov anska
Oko Ade Chi Ebo Nwa Aba Ola Iwu Ama Obi Eze Aki Edu Ore : njo kwe bayo fela medu lade wole mba wande tola rinde suwa
Taka Naka Mori Yama Kuro Shira Hoshi Mizu Fuji Asa Haru Tomi Ishi Kita Nishi : mura shima hara saki moto zawa numa tani
Koski Lehti Salmi Saari Virta Rauta Kivi Hirvi Metsä Halo Suo Tuuli Lumi : nen la maa ranta mäki niemi vaara lahti
Kara Ay Gün Öz Tan Er Bay Sar Alp Del Gül Bar Sev : man han demir oğlu soy kaya bulut taş
Mehra Bahra Sama Daria Nour Arda Behza Fara Mira Roya Zana Shira : mi zadeh nejad pour yan hani
Chand Dev Sur Harn Ramn Gop Bal Nar Vasw Madh Kesh Jay : ani ekar ankar endran athan aswami
Mc Mac O' : Arran Lorne Tavish Kellan Breen Donagh Rannoch Fadden Gillan Corran Shannagh Quillan Tirney Brannock
"""

SURNAMES = [
    start + end
    for starts, ends in (family.split(" : ") for family in _SURNAME_FAMILIES.strip().splitlines())
    for start in _words(starts)
    for end in _words(ends)
]

INITIALS = list("ABCDEFGHJKLMNOPRSTVWYZ")

# Made-up words, as parts: a beginning, a vowel, an ending.
SOUND_STARTS = _words("""
Vel Kor Mir Tal Lun Sel Nov Ast Bri Cael Gav Hes Jun Kes Lir Mav Or Pel Qu Rh Sor Tir Um Vox Wis Xan Yel Zeph Alk
Bex Cor Dov Eph Fen Glim Hov Isk Jov Kal Lum Myr Nem Osk Ph Ryl Thal Zor Ard Carm Fjor Hald Ind Kelm Marn Ost
""")

SOUND_VOWELS = list("aeiou")

SOUND_ENDS = _words("""
ra ne x va th ria lis mo da ven dor ka ta no ri lo phon tide mere la rin sta vi ko sa ma nox lux
""")

STYLES = _words("""
dream glitch desert coastal midnight velvet cosmic rustic arctic tape chamber ghost neon slow marching tropical
basement moss cloud winter forest harbour analog acid baroque bedroom lunar paper river gothic lofi minimal maximal
orchestral psychedelic northern southern island mountain garden railway lantern solar static vapour broken golden
crystal copper modal dusty liquid electric tidal nocturnal balcony cathedral cellar carnival
""")

GENRES = _words("""
folk house pop soul jazz techno funk metal punk ambient disco blues dub swing drone grime bossa waltz garage country
rock rap reggae electro wave bop core hop step gaze
""")
