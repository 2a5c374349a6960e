import { byId } from './dom.js';

const KEY = 'intermix.softphone.theme';

/** Dark or light: the system's choice until the person makes one, which is kept. The first paint is `theme.js`'s. */
export function wireTheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;
  dark.addEventListener('change', () => {
    if (!chosen()) show(dark.matches ? 'dark' : 'light');
  });
  byId('theme').addEventListener('click', () => {
    const theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
    keep(theme);
    show(theme);
  });
  show(root.dataset.theme === 'dark' ? 'dark' : 'light');
}

function show(theme: 'dark' | 'light'): void {
  const button = byId('theme');
  document.documentElement.dataset.theme = theme;
  button.setAttribute('aria-pressed', String(theme === 'dark'));
  button.querySelector('use')?.setAttribute('href', theme === 'dark' ? '#i-sun' : '#i-moon');
  const canvas = getComputedStyle(document.documentElement).getPropertyValue('--canvas').trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', canvas);
}

function chosen(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // Storage is forbidden: the system decides.
  }
}

function keep(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It lasts until the reload.
  }
}
