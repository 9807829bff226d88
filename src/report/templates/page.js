'use strict';
// What the page does beyond being read: tables sort, figures enlarge, samples slide. Without it all content is there.
(() => {
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  // Tables: a click on a head sorts by it, best first where the head says what is better; a second turns round, a third
  // restores the order. What has no number comes last. Published rows and baselines keep their marks.
  const value = cell => {
    const text = (cell.dataset.value ?? cell.textContent).replaceAll('−', '-').replace(/[\s\u2009]/g, '');
    const number = /^[<>]?(-?\d[\d.]*(?:e-?\d+)?)/.exec(text);
    return { number: number ? parseFloat(number[1]) : NaN, text: cell.textContent.trim() };
  };
  const order = (column, sign) => (a, b) => {
    const [x, y] = [value(a.cells[column]), value(b.cells[column])];
    if (column > 0 && isNaN(x.number) !== isNaN(y.number)) return isNaN(x.number) - isNaN(y.number);
    const numbers = column > 0 && !isNaN(x.number);
    return sign * (numbers ? x.number - y.number : x.text.localeCompare(y.text, undefined, { numeric: true }));
  };
  const rules = rows => rows.forEach((row, i) => {
    const kind = r => r.className.replace('first', '').trim();
    row.classList.toggle('first', i > 0 && kind(row) !== kind(rows[i - 1]));
  });
  for (const table of document.querySelectorAll('table.results, table.sorts')) {
    const body = table.tBodies[0], original = [...body.rows], heads = [...table.tHead.rows].at(-1).cells;
    if (original.length < 2) continue;
    [...heads].forEach((head, column) => {
      const button = make('button', { type: 'button', class: 'sort' });
      button.append(...head.childNodes);
      head.append(button);
      const text = button.textContent, first = text.includes('↑') ? -1 : 1;
      head.setAttribute('aria-sort', 'none');
      button.addEventListener('click', () => {
        const before = head.dataset.sign ? Number(head.dataset.sign) : 0;
        const sign = before === 0 ? first : before === first ? -first : 0;
        for (const other of heads) { other.setAttribute('aria-sort', 'none'); delete other.dataset.sign; }
        if (sign !== 0) {
          head.dataset.sign = sign;
          head.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
        }
        const rows = sign === 0 ? [...original] : [...original].sort(order(column, sign));
        rules(rows);
        body.append(...rows);
      });
    });
  }

  // Boxes that scroll can be reached by the keyboard.
  const reach = () => {
    for (const box of document.querySelectorAll('.wide, figure .picture')) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      const name = box.querySelector('caption')?.textContent || box.querySelector('title')?.textContent
        || box.querySelector('table')?.dataset.caption || 'table';
      for (const [key, value] of [['tabindex', '0'], ['role', 'region'], ['aria-label', `${name} (scrolls)`]]) {
        if (scrolls) box.setAttribute(key, value); else box.removeAttribute(key);
      }
    }
  };
  reach();
  addEventListener('resize', reach);
  document.addEventListener('toggle', reach, true);

  // Figures: a dialog shows one as large as the window, arrows lead to the next.
  const figures = [...document.querySelectorAll('figure')];
  const dialog = make('dialog', { class: 'enlarged', 'aria-label': 'Enlarged figure' });
  const stage = make('div', { class: 'stage', tabindex: '0' }), words = make('p', { class: 'words' });
  const button = (label, act, sign) => {
    const element = make('button', { type: 'button', 'aria-label': label, title: label }, sign);
    element.addEventListener('click', act);
    return element;
  };
  let shown = 0, opener = null;
  const show = i => {
    shown = (i + figures.length) % figures.length;
    stage.scrollTo(0, 0);
    stage.replaceChildren(figures[shown].querySelector('svg').cloneNode(true));
    const caption = figures[shown].querySelector('figcaption').cloneNode(true);
    caption.querySelector('.files')?.remove();
    words.textContent = `${shown + 1} of ${figures.length}: ${caption.textContent.trim()}`;
  };
  dialog.append(
    make('div', { class: 'bar' }, button('Previous figure', () => show(shown - 1), '←'),
      button('Next figure', () => show(shown + 1), '→'), button('Close', () => dialog.close(), '✕')),
    stage, words);
  document.body.append(dialog);
  dialog.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) { show(shown + step); event.preventDefault(); }
  });
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => { stage.replaceChildren(); opener?.focus(); });
  figures.forEach((figure, i) => {
    const title = figure.querySelector('svg title')?.textContent ?? 'figure';
    const open = () => { opener = enlarge; show(i); dialog.showModal(); stage.focus(); };
    const enlarge = button(`Enlarge: ${title}`, open, '⤢');
    enlarge.className = 'enlarge';
    figure.prepend(enlarge);
    figure.querySelector('svg').addEventListener('click', open);
  });

  // Samples: two pictures of one sample over each other, the left one cut off where the slider stands.
  for (const box of document.querySelectorAll('.slider')) {
    const { wires, before, after, ratio, blocks } = JSON.parse(box.dataset.tiles);
    const select = (label, texts, chosen) => {
      const options = texts.map((text, i) => make('option', { value: i }, text));
      const element = make('select', {}, ...options);
      element.value = chosen;
      element.addEventListener('change', () => draw());
      return { element, label: make('label', {}, label, element) };
    };
    const variant = select('variant', blocks.map(b => b.title), blocks.length - 1);
    const sample = select('sample', [''], 0), left = select('left', wires, before), right = select('right', wires, after);
    const range = make('input', { type: 'range', min: 0, max: 100, value: 50, step: 1 });
    const picture = () => {
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
      svg.setAttribute('viewBox', '0 0 1 1');
      svg.setAttribute('preserveAspectRatio', 'none');
      svg.setAttribute('aria-hidden', 'true');
      use.setAttribute('width', '1');
      use.setAttribute('height', '1');
      svg.append(use);
      return { svg, use };
    };
    const under = picture(), over = picture();
    const stage = make('div', { class: 'pair', style: `aspect-ratio:${1 / ratio}` }, under.svg, over.svg);
    over.svg.classList.add('over');
    const samples = () => {
      const rows = blocks[variant.element.value].rows, chosen = Math.min(sample.element.value || 0, rows.length - 1);
      sample.element.replaceChildren(...rows.map((row, i) => make('option', { value: i }, row.label)));
      sample.element.value = chosen;
    };
    const draw = () => {
      const row = blocks[variant.element.value].rows[sample.element.value];
      for (const [side, { use, svg }] of [[left, over], [right, under]]) {
        const tile = row.tiles[side.element.value];
        svg.classList.toggle('none', !tile);
        if (tile) use.setAttribute('href', `#${tile}`);
      }
      const at = range.value, names = [left, right].map(side => wires[side.element.value]);
      stage.style.setProperty('--at', `${at}%`);
      range.setAttribute('aria-label', `${names[0]} against ${names[1]}`);
      range.setAttribute('aria-valuetext', `${at} % ${names[0]}, ${100 - at} % ${names[1]}`);
    };
    variant.element.addEventListener('change', () => { samples(); draw(); });
    range.addEventListener('input', draw);
    const drag = event => {
      if (event.buttons !== 1) return;
      const { left: x, width } = stage.getBoundingClientRect();
      range.value = 100 * (event.clientX - x) / width;
      draw();
    };
    stage.addEventListener('pointerdown', event => { stage.setPointerCapture(event.pointerId); drag(event); });
    stage.addEventListener('pointermove', drag);
    box.append(make('h4', {}, 'Before and after'),
      make('div', { class: 'choices' }, variant.label, sample.label, left.label, right.label), stage, range);
    samples();
    draw();
    box.hidden = false;
  }

  // On paper the short folded parts are open; the long ones are left out by the style.
  addEventListener('beforeprint', () => {
    if (dialog.open) dialog.close();
    for (const part of document.querySelectorAll('details:not(.long):not([open])')) { part.open = true; part.dataset.folded = ''; }
  });
  addEventListener('afterprint', () => {
    for (const part of document.querySelectorAll('details[data-folded]')) { part.open = false; delete part.dataset.folded; }
  });
})();
