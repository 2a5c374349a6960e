export { ReadyAnswer } from './ready-answer.js';
