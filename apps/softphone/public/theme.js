// Before the first paint: the colours that the person chose here, else those of the system.
(() => {
  let chosen;
  try {
    chosen = localStorage.getItem('intermix.softphone.theme');
  } catch {
    // Storage is forbidden.
  }
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = chosen === 'dark' || chosen === 'light' ? chosen : isDark ? 'dark' : 'light';
})();
