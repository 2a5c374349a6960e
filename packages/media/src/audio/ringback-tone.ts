import type { ToneSpec } from '../types.js';

/** Ringing tone as India and Britain have it: 400 and 450 Hz, two short rings and a pause (ITU-T E.180 supplement 2). */
export const ringbackTone: ToneSpec = { frequenciesHz: [400, 450], cadenceMs: [400, 200, 400, 2000], levelDbm0: -16 };
