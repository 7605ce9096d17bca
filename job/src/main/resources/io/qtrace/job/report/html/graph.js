'use strict';
// The graph of checkpoints: layers by dagre, a lane for each run.
(() => {
  const MOST = 400; // nodes that are drawn and laid out at once
  const NODE = {width: 172, height: 40};
  const GAP = {x: 70, y: 14};
  const LANE = {label: 20, pad: 10};

  // How edges of a kind look: colour and dashes of the style sheet, the same for kinds that do alike.
  const LOOKS = {
    train: 'train', bake: 'bake', refresh: 'refresh', sync: 'sync', copy: 'copy', cast: 'copy', snap: 'copy',
    quantize: 'quantize', requantize: 'quantize', replace_lut: 'quantize', graft: 'mix', average: 'mix', adapter: 'mix',
    merge_lora: 'mix', unknown: 'unknown', none: 'none', several: 'none'
  };
  qtrace.look = kind => LOOKS[kind] ?? 'other';

  const fileName = path => path.slice(path.lastIndexOf('/') + 1);

  // Levels of detail, from the finest: which checkpoints share a node.
  const LEVELS = [
    {label: 'every checkpoint', group: () => checkpoint => checkpoint.checkpoint_id},
    {label: 'stretches of clean steps as one', group: stretches},
    {label: 'runs as one', group: () => checkpoint => 'run ' + (checkpoint.run ?? '')}
  ];

  // Checkpoints of a run that clean edges of one kind lead through, one after the other.
  function stretches(checkpoints, edges) {
    const outgoing = Map.groupBy(edges, edge => edge.parent_id);
    const incoming = Map.groupBy(edges, edge => edge.child_id);
    const head = new Map();
    const only = (map, id) => map.get(id)?.length === 1 ? map.get(id)[0] : null;
    const runOf = id => qtrace.checkpoints.get(id)?.run;
    for (const checkpoint of checkpoints) {
      const id = checkpoint.checkpoint_id;
      const edge = only(incoming, id);
      const next = edge && only(outgoing, edge.parent_id);
      const before = edge && only(incoming, edge.parent_id);
      if (next && before && edge.verdict === 'CLEAN' && before.kind === edge.kind && runOf(edge.parent_id) === checkpoint.run
          && (outgoing.get(id)?.length ?? 0) === 1 && runOf(before.parent_id) === checkpoint.run) {
        head.set(id, edge.parent_id);
      }
    }
    const first = id => {
      let found = id;
      const seen = new Set();
      while (head.has(found) && !seen.has(found)) {
        seen.add(found);
        found = head.get(found);
      }
      return found;
    };
    return checkpoint => first(checkpoint.checkpoint_id);
  }

  function grouped(level, checkpoints, edges) {
    const key = LEVELS[level].group(checkpoints, edges);
    const keys = new Map(checkpoints.map(checkpoint => [checkpoint.checkpoint_id, key(checkpoint)]));
    const nodes = new Map();
    for (const checkpoint of checkpoints) {
      const id = keys.get(checkpoint.checkpoint_id);
      if (!nodes.has(id)) {
        nodes.set(id, {id, run: checkpoint.run ?? '', checkpoints: []});
      }
      nodes.get(id).checkpoints.push(checkpoint);
    }
    const links = new Map();
    for (const edge of edges) {
      const from = keys.get(edge.parent_id);
      const to = keys.get(edge.child_id);
      if (from === undefined || to === undefined || from === to) {
        continue;
      }
      const id = from + '\n' + to + '\n' + edge.kind;
      if (!links.has(id)) {
        links.set(id, {id, from: nodes.get(from), to: nodes.get(to), kind: edge.kind, edges: []});
      }
      links.get(id).edges.push(edge);
    }
    return {nodes: [...nodes.values()], links: [...links.values()]};
  }

  function layout({nodes, links}) {
    const graph = new dagre.graphlib.Graph({multigraph: true});
    graph.setGraph({rankdir: 'LR', nodesep: GAP.y, ranksep: GAP.x,
      ranker: nodes.length > 120 ? 'longest-path' : 'network-simplex'});
    graph.setDefaultEdgeLabel(() => ({}));
    nodes.forEach(node => graph.setNode(node.id, {...NODE}));
    links.forEach(link => graph.setEdge(link.from.id, link.to.id, {}, link.kind));
    dagre.layout(graph);
    nodes.forEach(node => Object.assign(node, {x: graph.node(node.id).x, order: graph.node(node.id).y}));

    const lanes = new Map();
    for (const node of [...nodes].sort((a, b) => a.x - b.x || a.order - b.order)) {
      if (!lanes.has(node.run)) {
        lanes.set(node.run, {run: node.run, nodes: [], children: []});
      }
      lanes.get(node.run).nodes.push(node);
    }
    // A lane below the one that its first checkpoint was made from.
    const roots = [];
    for (const lane of lanes.values()) {
      const members = new Set(lane.nodes);
      const entry = links.filter(link => members.has(link.to) && !members.has(link.from))
        .sort((a, b) => (a.kind === 'none') - (b.kind === 'none') || a.from.x - b.from.x)[0];
      const above = entry && lanes.get(entry.from.run);
      (above && entry.from.x < lane.nodes[0].x ? above.children : roots).push(lane);
    }
    const ordered = [];
    const visit = lane => {
      ordered.push(lane);
      lane.children.forEach(visit);
    };
    roots.forEach(visit);

    let y = 0;
    for (const lane of ordered) {
      const rows = new Map();
      lane.nodes.forEach(node => {
        const row = rows.get(node.x) ?? 0;
        rows.set(node.x, row + 1);
        node.y = y + LANE.label + LANE.pad + row * (NODE.height + GAP.y) + NODE.height / 2;
      });
      lane.y = y;
      lane.height = LANE.label + 2 * LANE.pad + Math.max(...rows.values()) * (NODE.height + GAP.y) - GAP.y;
      y += lane.height;
    }
    const right = Math.max(...nodes.map(node => node.x)) + NODE.width / 2;
    return {lanes: ordered, width: right + 12, height: y};
  }

  function curve(link) {
    const x1 = link.from.x + NODE.width / 2;
    const x2 = link.to.x - NODE.width / 2;
    const far = x2 - x1 > GAP.x * 1.5 && Math.abs(link.from.y - link.to.y) < 4;
    const bend = far ? -NODE.height * 1.05 : 0;
    const reach = Math.max(30, (x2 - x1) / 2);
    return {
      path: `M${x1},${link.from.y} C${x1 + reach},${link.from.y + bend} ${x2 - reach},${link.to.y + bend} ${x2 - 6},${link.to.y}`,
      middle: {x: (x1 + x2) / 2, y: (link.from.y + link.to.y) / 2 + 0.75 * bend}
    };
  }

  const violates = link => link.edges.some(edge => edge.verdict === 'VIOLATION');

  /**
   * Adds the graph to an element.
   *
   * @param select called with the edges or checkpoints that were selected
   * @return an object with search(text), which marks the nodes that have it and returns their number
   */
  qtrace.graph = (parent, checkpoints, edges, select) => {
    const sizes = LEVELS.map((_, level) => grouped(level, checkpoints, edges).nodes.length);
    const start = Math.max(0, sizes.findIndex(size => size <= MOST));
    const view = {x: 0, y: 0, scale: 1};
    let drawn = null;
    let wanted = '';

    const levels = qtrace.el('select', {id: 'level', change: () => draw(Number(levels.value))}, LEVELS.map((level, i) =>
      qtrace.el('option', {value: String(i), selected: i === start, disabled: sizes[i] > 3 * MOST && i < LEVELS.length - 1},
        `${level.label} (${sizes[i]})`)));
    const button = (label, name, act) => qtrace.el('button', {type: 'button', 'aria-label': name, title: name, click: act}, label);
    const tools = qtrace.el('div', {class: 'graph-tools'},
      qtrace.el('label', {for: 'level'}, 'Show '), levels,
      button('+', 'Zoom in', () => zoom(1.3)), button('−', 'Zoom out', () => zoom(1 / 1.3)),
      button('Fit', 'Show the whole graph', () => fit()));
    const svg = qtrace.svg('svg', {class: 'graph', role: 'group', 'aria-label': 'Graph of checkpoints'});
    const box = qtrace.el('div', {class: 'graph-box'}, svg);
    parent.append(tools, legend(), box);

    function legend() {
      const present = [...new Set(edges.map(edge => edge.kind))].sort();
      const sample = look => qtrace.svg('svg', {class: 'sample', viewBox: '0 0 40 10', 'aria-hidden': 'true'},
        qtrace.svg('path', {d: 'M2,5 H38', class: `edge ${look}`}));
      return qtrace.el('ul', {class: 'legend', 'aria-label': 'Kinds of edges'},
        present.map(kind => qtrace.el('li', {}, sample('look-' + qtrace.look(kind)), kind)),
        qtrace.el('li', {}, sample('violation'), '✗ violation'));
    }

    function show() {
      const width = box.clientWidth;
      const height = box.clientHeight;
      svg.setAttribute('viewBox', `${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`);
      svg.classList.toggle('far', view.scale < 0.45);
    }

    function zoom(factor, at) {
      const scale = Math.max(0.02, Math.min(3, view.scale * factor));
      const x = at?.x ?? box.clientWidth / 2;
      const y = at?.y ?? box.clientHeight / 2;
      view.x += x / view.scale - x / scale;
      view.y += y / view.scale - y / scale;
      view.scale = scale;
      show();
    }

    function fit() {
      const wide = box.clientWidth / drawn.width;
      const whole = Math.min(wide, box.clientHeight / drawn.height);
      view.scale = Math.max(0.02, Math.min(1.1, whole < 0.35 ? Math.max(whole, Math.min(wide, 0.6)) : whole));
      view.x = -6;
      view.y = 0;
      show();
    }

    function centre(node) {
      view.x = node.x - box.clientWidth / view.scale / 2;
      view.y = node.y - box.clientHeight / view.scale / 2;
      show();
    }

    function draw(level) {
      const graph = grouped(level, checkpoints, edges);
      drawn = {...graph, ...layout(graph)};
      box.style.height = Math.max(220, Math.min(640, drawn.height * Math.min(1, box.clientWidth / drawn.width) + 24)) + 'px';
      const lanes = drawn.lanes.map((lane, i) => qtrace.svg('g', {},
        qtrace.svg('rect', {class: 'lane' + (i % 2 ? ' odd' : ''), x: -4000, y: lane.y, width: drawn.width + 8000, height: lane.height}),
        text(8, lane.y + 15, lane.run === '' ? '.' : lane.run, 'lane-name', 64)));
      const links = drawn.links.map(linkElement);
      const nodes = drawn.nodes.map(nodeElement);
      svg.replaceChildren(...lanes, ...links, ...nodes);
      svg.dataset.nodes = String(drawn.nodes.length);
      svg.dataset.edges = String(drawn.links.length);
      items().forEach((item, i) => item.setAttribute('tabindex', i === 0 ? '0' : '-1'));
      fit();
      mark();
    }

    function text(x, y, content, className, most) {
      const cut = qtrace.cut(content, most);
      const element = qtrace.svg('text', {x, y, class: className, direction: 'ltr', 'unicode-bidi': 'isolate'}, cut);
      if (cut !== content) {
        element.append(qtrace.svg('title', {}, content));
      }
      return element;
    }

    function linkElement(link) {
      const {path, middle} = curve(link);
      const bad = violates(link);
      const many = link.edges.length > 1 ? ` (${link.edges.length} edges)` : '';
      const label = `${link.kind}${many}, ${bad ? 'VIOLATION' : 'CLEAN'}, from ${nodeName(link.from)} to ${nodeName(link.to)}`;
      const element = qtrace.svg('g', {class: 'link' + (bad ? ' bad' : ''), role: 'button', 'aria-label': label},
        qtrace.svg('title', {}, label),
        qtrace.svg('path', {d: path, class: 'hit'}),
        ...(bad ? [qtrace.svg('path', {d: path, class: 'edge violation'})] : []),
        qtrace.svg('path', {d: path, class: `edge look-${qtrace.look(link.kind)}`}),
        qtrace.svg('path', {d: `M${link.to.x - NODE.width / 2},${link.to.y} l-8,-4 v8 z`, class: `head look-${qtrace.look(link.kind)}`}),
        qtrace.svg('text', {x: middle.x, y: middle.y - 5, class: 'kind'}, (bad ? '✗ ' : '') + link.kind));
      link.element = element;
      return act(element, () => select({edges: link.edges}));
    }

    function nodeName(node) {
      return node.checkpoints.length === 1
        ? fileName(node.checkpoints[0].path)
        : `${node.checkpoints.length} checkpoints of ${node.run === '' ? '.' : node.run}`;
    }

    function nodeElement(node) {
      const one = node.checkpoints.length === 1 ? node.checkpoints[0] : null;
      const bad = drawn.links.some(link => link.to === node && violates(link));
      const broken = node.checkpoints.some(checkpoint => checkpoint.error !== null);
      const about = one
        ? [one.step === null ? one.role : 'step ' + qtrace.count(one.step), one.error ? 'unreadable' : qtrace.plural(one.tensors, 'tensor')].join(' · ')
        : `${fileName(node.checkpoints[0].path)} to ${fileName(node.checkpoints.at(-1).path)}`;
      const element = qtrace.svg('g', {class: 'node' + (bad || broken ? ' bad' : ''), role: 'button',
        transform: `translate(${node.x - NODE.width / 2},${node.y - NODE.height / 2})`,
        'aria-label': `checkpoint ${one ? one.path : nodeName(node)}${bad ? ', VIOLATION' : ''}${broken ? ', unreadable' : ''}`},
      qtrace.svg('title', {}, one ? one.path : nodeName(node)),
      qtrace.svg('rect', {width: NODE.width, height: NODE.height, rx: 7}),
      qtrace.svg('text', {x: 9, y: 17, class: 'file'}, (bad || broken ? '✗ ' : '') + qtrace.cut(nodeName(node), bad || broken ? 18 : 22)),
      qtrace.svg('text', {x: 9, y: 32, class: 'about'}, qtrace.cut(about, 27)));
      node.element = element;
      return act(element, () => select({checkpoints: node.checkpoints}));
    }

    function act(element, select) {
      element.addEventListener('click', () => {
        if (!dragged) {
          items().forEach(item => item.classList.remove('selected'));
          element.classList.add('selected');
          select();
        }
      });
      return element;
    }

    const items = () => [...drawn.nodes, ...drawn.links].map(item => item.element);

    function move(current, key) {
      const node = drawn.nodes.find(one => one.element === current);
      const link = drawn.links.find(one => one.element === current);
      if (key === 'ArrowRight') {
        return link ? link.to : drawn.links.find(one => one.from === node);
      }
      if (key === 'ArrowLeft') {
        return link ? link.from : drawn.links.find(one => one.to === node);
      }
      const beside = link ? drawn.links : [...drawn.nodes].sort((a, b) => a.y - b.y || a.x - b.x);
      return beside[beside.indexOf(link ?? node) + (key === 'ArrowDown' ? 1 : -1)];
    }

    svg.addEventListener('keydown', event => {
      const current = event.target.closest('[role=button]');
      if (current === null) {
        return;
      }
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        current.dispatchEvent(new MouseEvent('click', {bubbles: true}));
      } else if (event.key === '+' || event.key === '-') {
        zoom(event.key === '+' ? 1.3 : 1 / 1.3);
      } else if (event.key.startsWith('Arrow')) {
        event.preventDefault();
        const next = move(current, event.key);
        if (next) {
          current.setAttribute('tabindex', '-1');
          next.element.setAttribute('tabindex', '0');
          next.element.focus({preventScroll: true});
          centre(next.from ? {x: (next.from.x + next.to.x) / 2, y: (next.from.y + next.to.y) / 2} : next);
        }
      }
    });

    let grip = null;
    let dragged = false;
    svg.addEventListener('pointerdown', event => {
      grip = {x: event.clientX, y: event.clientY, left: view.x, top: view.y};
      dragged = false;
    });
    addEventListener('pointermove', event => {
      if (grip === null) {
        return;
      }
      const x = event.clientX - grip.x;
      const y = event.clientY - grip.y;
      dragged ||= Math.abs(x) + Math.abs(y) > 5;
      if (dragged) {
        view.x = grip.left - x / view.scale;
        view.y = grip.top - y / view.scale;
        show();
      }
    });
    addEventListener('pointerup', () => {
      grip = null;
    });
    // A wheel scrolls the page, unless it is a pinch or with Ctrl.
    svg.addEventListener('wheel', event => {
      if (event.ctrlKey) {
        event.preventDefault();
        zoom(Math.exp(-event.deltaY / 200), {x: event.offsetX, y: event.offsetY});
      }
    }, {passive: false});

    function mark() {
      let found = 0;
      let first = null;
      for (const node of drawn.nodes) {
        const hit = wanted !== '' && node.checkpoints.some(one => one.path.toLowerCase().includes(wanted));
        node.element.classList.toggle('hit-by-search', hit);
        if (hit) {
          found += node.checkpoints.filter(one => one.path.toLowerCase().includes(wanted)).length;
          first ??= node;
        }
      }
      svg.classList.toggle('searching', wanted !== '');
      if (first !== null) {
        centre(first);
      }
      return found;
    }

    draw(start);
    new ResizeObserver(show).observe(box);
    return {
      search(text) {
        wanted = text.toLowerCase();
        return mark();
      }
    };
  };
})();
