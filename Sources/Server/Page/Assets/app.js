(() => {
  'use strict';
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add('js');

  /* Choosing rows */
  const count = () => {
    const boxes = all('input[name=id][type=checkbox]');
    const chosen = boxes.filter(box => box.checked).length;
    const whole = one('[data-all]');
    if (whole) {
      whole.checked = chosen > 0 && chosen === boxes.length;
      whole.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    const picked = one('#picked');
    if (picked) picked.textContent = chosen ? ` (${chosen})` : '';
    return chosen;
  };
  document.addEventListener('change', event => {
    const box = event.target;
    const isWhole = box.matches('[data-all]');
    if (!isWhole && !box.matches('input[name=id]')) return;
    if (isWhole) all('input[name=id]').forEach(other => { other.checked = box.checked; });
    const scope = one('#bulk [name=scope][value=selected]');
    if (count() && scope) scope.checked = true;
  });
  window.addEventListener('pageshow', count);

  /* Short addresses: what is empty is left out of a filter. */
  document.addEventListener('formdata', event => {
    if (!event.target.hasAttribute('data-tidy')) return;
    for (const [name, value] of [...event.formData]) if (value === '') event.formData.delete(name);
  });

  /* Live update */
  const live = one('#live');
  const address = live && live.dataset.live;
  if (address && window.EventSource) {
    const pulse = one('#pulse');
    const word = one('#pulse-text');
    const button = one('#pulse-button');
    let source = null, shown = null, next = null, isPaused = false, isLost = false, wait = 2000, timer = 0;

    const isBusy = () => {
      const chosen = getSelection();
      if (chosen && !chosen.isCollapsed && chosen.rangeCount && chosen.getRangeAt(0).intersectsNode(live)) return true;
      const focused = document.activeElement;
      return live.contains(focused) && focused.matches('textarea, select, input:not([type=checkbox], [type=radio])');
    };
    const tell = () => {
      const state = isPaused ? 'paused' : isLost ? 'lost' : next !== null ? 'paused' : source ? 'live' : 'wait';
      const text = {
        paused: 'Paused', lost: 'Connection lost, trying again', live: 'Live', wait: 'Connecting'
      }[state === 'live' && source.readyState !== 1 ? 'wait' : state];
      pulse.dataset.pulse = state;
      if (word.textContent !== text) word.textContent = text;
      button.textContent = isPaused ? 'Resume' : 'Pause';
    };
    const keyOf = element => {
      if (!element || element === live || !live.contains(element)) return null;
      if (element.id) return '#' + CSS.escape(element.id);
      const name = element.localName;
      if (element.hasAttribute('href')) return `${name}[href="${CSS.escape(element.getAttribute('href'))}"]`;
      if (element.name) return `${name}[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`;
      const label = element.getAttribute('aria-labelledby');
      return label && `${name}[aria-labelledby="${CSS.escape(label)}"]`;
    };
    const apply = () => {
      if (next === null || isPaused) return;
      if (next === shown) { next = null; return; }
      if (isBusy()) return;
      const key = keyOf(document.activeElement);
      const checked = new Set(all(':checked[value]', live).map(box => box.name + '=' + box.value));
      const open = new Map(all('details[id]', live).map(part => [part.id, part.open]));
      const scrolled = all('.scroll', live).map(part => [part.getAttribute('aria-labelledby'), part.scrollLeft]);
      live.innerHTML = shown = next;
      next = null;
      for (const part of all('template[data-for]', live)) {
        const place = document.getElementById(part.dataset.for);
        if (place && place.innerHTML !== part.innerHTML) place.innerHTML = part.innerHTML;
      }
      for (const box of all('input[value]', live)) if (checked.has(box.name + '=' + box.value)) box.checked = true;
      for (const part of all('details[id]', live)) if (open.has(part.id)) part.open = open.get(part.id);
      for (const [label, left] of scrolled) {
        const part = label && one(`.scroll[aria-labelledby="${CSS.escape(label)}"]`, live);
        if (part) part.scrollLeft = left;
      }
      const focused = key && one(key, live);
      if (focused) focused.focus({ preventScroll: true });
      count();
    };
    const close = () => {
      clearTimeout(timer);
      if (source) source.close();
      source = null;
    };
    const connect = () => {
      close();
      source = new EventSource(address);
      source.addEventListener('open', () => { isLost = false; wait = 2000; tell(); });
      source.addEventListener('page', event => {
        next = JSON.parse(event.data);
        apply();
        tell();
      });
      source.addEventListener('error', () => {
        isLost = true;
        if (source.readyState === EventSource.CLOSED) {
          timer = setTimeout(connect, wait);
          wait = Math.min(wait * 2, 60000);
        }
        tell();
      });
      tell();
    };
    const follow = () => {
      if (isPaused || document.hidden) close(); else connect();
      tell();
    };
    const retry = () => { if (next !== null) { apply(); tell(); } };

    button.addEventListener('click', () => { isPaused = !isPaused; isLost = false; follow(); retry(); });
    document.addEventListener('visibilitychange', follow);
    document.addEventListener('selectionchange', retry);
    document.addEventListener('focusout', () => setTimeout(retry));
    window.addEventListener('pagehide', close);
    window.addEventListener('pageshow', event => { if (event.persisted) follow(); });
    follow();
  }

  /* Preview */
  const form = one('form[data-preview]');
  const parts = one('#parts');
  if (form && parts) {
    let timer = 0, request = null, shown = null;
    const preview = async () => {
      if (request) request.abort();
      const mine = request = new AbortController();
      parts.setAttribute('aria-busy', 'true');
      let fault = 'The preview could not be loaded.';
      try {
        const query = new URLSearchParams(new FormData(form));
        const answer = await fetch(`${form.dataset.preview}?${query}`, { signal: mine.signal });
        const isHTML = (answer.headers.get('content-type') || '').startsWith('text/html');
        if (answer.redirected) fault = 'You are signed out. Reload the page to sign in.';
        else if (isHTML && (answer.ok || answer.status === 422)) {
          const html = await answer.text();
          if (html !== shown) parts.innerHTML = shown = html;
          fault = '';
        }
      } catch (error) {
        if (error.name === 'AbortError') return;
      }
      parts.removeAttribute('aria-busy');
      if (fault) {
        const line = document.createElement('p');
        line.className = 'flash is-critical';
        line.setAttribute('role', 'status');
        line.textContent = shown = fault;
        parts.replaceChildren(line);
      }
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(preview, 300); };
    form.addEventListener('input', later);
    form.addEventListener('submit', event => { event.preventDefault(); clearTimeout(timer); preview(); });
  }
})();
