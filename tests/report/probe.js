// Run inside a page by the tests: uses it as a reader does and leaves what it saw in the document.
addEventListener('load', () => {
  const seen = { problems: window.problems };
  const table = document.querySelector('table.results'), body = table.tBodies[0];
  const head = [...table.tHead.rows].at(-1).cells[2], button = head.querySelector('button');
  const rows = () => [...body.rows].map(r => r.cells[0].textContent);
  const sort = () => {
    button.click();
    return { rows: rows(), aria: head.getAttribute('aria-sort'), published: [...body.querySelectorAll('.published th')].map(c => c.textContent) };
  };
  seen.before = rows();
  seen.sorts = [sort(), sort(), sort()];
  seen.buttons = [...document.querySelectorAll('button')].every(b => b.tabIndex === 0 && (b.textContent || b.ariaLabel));

  const open = document.querySelector('.enlarge'), dialog = document.querySelector('dialog');
  open.focus();
  open.click();
  const words = () => dialog.querySelector('.words').textContent.split(':')[0];
  const key = name => dialog.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
  seen.dialog = { open: dialog.open, label: open.ariaLabel, figures: document.querySelectorAll('figure').length, first: words() };
  key('ArrowRight');
  seen.dialog.next = words();
  key('ArrowLeft');
  key('ArrowLeft');
  seen.dialog.around = words();
  seen.dialog.drawn = dialog.querySelector('svg').getBoundingClientRect().width > 400;
  dialog.addEventListener('close', () => {
    seen.dialog.focused = document.activeElement === open;

    const slider = document.querySelector('.slider'), range = slider.querySelector('input'), pair = slider.querySelector('.pair');
    const uses = () => [...pair.querySelectorAll('use')].map(u => u.getAttribute('href'));
    const act = (element, value, event) => { element.value = value; element.dispatchEvent(new Event(event)); };
    act(range, 20, 'input');
    seen.slider = {
      hidden: slider.hidden, at: pair.style.getPropertyValue('--at'), label: range.ariaLabel, said: range.ariaValueText, uses: uses(),
      stored: uses().every(href => document.querySelector(href)), wide: pair.getBoundingClientRect().width,
      ratio: pair.getBoundingClientRect().width / pair.getBoundingClientRect().height,
    };
    const sample = slider.querySelectorAll('select')[1];
    act(sample, 1, 'change');
    seen.slider.other = uses();

    const all = [...document.querySelectorAll('[href^="#"]')].map(e => e.getAttribute('href'));
    seen.dangling = all.filter(href => !document.getElementById(href.slice(1)));
    const root = document.scrollingElement;
    seen.width = { window: root.clientWidth, page: root.scrollWidth };
    const text = JSON.stringify(seen);
    if (parent !== window) parent.postMessage(text, '*');
    else document.body.append(Object.assign(document.createElement('pre'), { id: 'seen', textContent: text }));
  });
  dialog.close();
});
