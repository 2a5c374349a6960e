import { byId } from './dom.js';
import type { Complaint } from './words.js';

/** Shows what is wrong and what helps; with `retry` there is a button for it. */
export function showNotice(complaint: Complaint, kind: 'error' | 'warn' | 'info', retry?: () => void): void {
  const notice = byId('notice');
  const action = byId<HTMLButtonElement>('notice-action');
  notice.dataset.kind = kind;
  byId('notice-title').textContent = complaint.title;
  byId('notice-cure').textContent = complaint.cure;
  action.hidden = retry === undefined;
  action.textContent = 'Try again';
  action.onclick = retry ?? null;
  byId('notice-close').onclick = hideNotice;
  notice.hidden = false;
}

export function hideNotice(): void {
  byId('notice').hidden = true;
}
