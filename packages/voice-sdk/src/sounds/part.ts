// Sounds of a phone, loaded when a client registers.
export { Sounds, type SoundsDeps } from './sounds.js';
