import { loadDirectory, ServerRefusal, SignInRequired, signIn } from './api.js';
import { byId, showError } from './dom.js';
import { hideNotice, showNotice } from './notice.js';
import { Softphone } from './softphone.js';
import { wireTheme } from './theme.js';
import type { Complaint } from './words.js';

/** Fetches the agents and shows the page, or what stands in the way. */
async function open(): Promise<void> {
  hideNotice();
  byId('loading').hidden = false;
  try {
    const directory = await loadDirectory();
    byId('sign-in').hidden = true;
    new Softphone(directory).show();
  } catch (error) {
    if (error instanceof SignInRequired) askToSignIn();
    else showNotice(loadComplaint(error), 'error', open);
  } finally {
    byId('loading').hidden = true;
  }
}

function loadComplaint(error: unknown): Complaint {
  if (error instanceof ServerRefusal) return { title: error.message, cure: '' };
  return { title: 'The server did not answer.', cure: 'Check that it runs, then try again.' };
}

function askToSignIn(): void {
  const form = byId<HTMLFormElement>('sign-in');
  const error = byId('sign-in-error');
  form.hidden = false;
  byId('email').focus();
  form.onsubmit = async (event) => {
    event.preventDefault();
    showError(error, undefined);
    try {
      await signIn(byId<HTMLInputElement>('email').value, byId<HTMLInputElement>('password').value);
      await open();
    } catch (cause) {
      showError(error, cause instanceof Error ? cause.message : String(cause));
    }
  };
}

wireTheme();
void open();
