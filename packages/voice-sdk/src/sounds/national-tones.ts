/** Tones that differ from country to country. `ring` is our own sound at the country's ringing cadence. */
export type NationalTone = 'ring' | 'ringback' | 'busy' | 'congestion' | 'waiting';

/** One sounding frequency; `level` is its share of the tone's loudness. */
export interface Partial {
  hertz: number;
  level: number;
}

export interface Pattern {
  partials: readonly Partial[];
  /** Seconds: on, off, on, off, … and from the beginning. */
  cadence: readonly number[];
}

type Country = Record<Exclude<NationalTone, 'ring'>, string>;

const british: Country = {
  ringback: '400+450 .4 .2 .4 2',
  busy: '400 .375 .375',
  congestion: '400 .4 .35 .225 .525',
  waiting: '400 .1 4',
};

/**
 * ITU-T E.180 Supplement 2, by ISO 3166 code: frequencies in Hz (`+` sounds together, `400*25` is 400 Hz modulated by 25),
 * then seconds on and off. What the supplement leaves to operators (call waiting, mostly) is the usual one there.
 */
const countries: Record<string, Country> = {
  AE: british,
  AU: {
    ringback: '400+425+450 .4 .2 .4 2',
    busy: '425 .375 .375',
    congestion: '425 .375 .375',
    waiting: '425 .2 .2 .2 4.4',
  },
  DE: { ringback: '425 1 4', busy: '425 .48 .48', congestion: '425 .24 .24', waiting: '425 .2 .2 .2 5' },
  FR: { ringback: '440 1.5 3.5', busy: '440 .5 .5', congestion: '440 .25 .25', waiting: '440 .3 10' },
  GB: british,
  IN: {
    ringback: '400*25 .4 .2 .4 2',
    busy: '400 .75 .75',
    congestion: '400 .25 .25',
    waiting: '400 .2 .1 .2 7.5',
  },
  JP: { ringback: '400*16 1 2', busy: '400 .5 .5', congestion: '400 .5 .5', waiting: '400*16 .5 8' },
  SG: {
    ringback: '425*24 .4 .2 .4 2',
    busy: '425 .75 .75',
    congestion: '425 .25 .25',
    waiting: '425*24 .3 .2 .3 3.2',
  },
  US: { ringback: '440+480 2 4', busy: '480+620 .5 .5', congestion: '480+620 .25 .25', waiting: '440 .3 10' },
};
countries.CA = countries.US as Country;

/** A bright chord: a person tells it from a tone in the line. */
const BELL = '523.25+659.25';

/** The tone as it sounds in the country; India's where the country is not in the table. */
export function nationalTone(name: NationalTone, country = 'IN'): Pattern {
  const tones = countries[String(country).toUpperCase()] ?? (countries.IN as Country);
  if (name !== 'ring') return parse(tones[name]);
  return { ...parse(tones.ringback), partials: partialsOf(BELL) };
}

function parse(text: string): Pattern {
  const [frequencies = '', ...cadence] = text.split(' ');
  return { partials: partialsOf(frequencies), cadence: cadence.map(Number) };
}

/** A carrier that is modulated to the full is the carrier and two side bands of half its level. */
function partialsOf(text: string): Partial[] {
  const [carrier = 0, modulation] = text.split('*').map(Number);
  if (modulation) {
    return [
      { hertz: carrier, level: 0.5 },
      { hertz: carrier - modulation, level: 0.25 },
      { hertz: carrier + modulation, level: 0.25 },
    ];
  }
  const hertz = text.split('+').map(Number);
  return hertz.map((each) => ({ hertz: each, level: 1 / hertz.length }));
}
