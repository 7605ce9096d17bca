'use strict';
// The sections of the page, in their order.
(() => {
  const {el, name, whole, count, number, percent} = qtrace;
  const {summary} = qtrace;
  const section = id => document.getElementById(id);
  const lists = [];
  const edgeByKey = new Map(summary.edges.rows.map(edge => [qtrace.edgeKey(edge), edge]));

  const CAUSES = {
    BAKED: '--cause-1', SYNCED: '--cause-2', SYNCED_TRAINED: '--cause-2', REQUANTIZED: '--cause-3', QUANTIZED: '--cause-3',
    CAST: '--cause-4', GRAFTED: '--cause-4', DROPPED: '--cause-5', UNEXPLAINED: '--cause-bad'
  };

  const LETTERS = {SYNCED_TRAINED: 'T', REQUANTIZED: 'R', QUANTIZED: 'Q', UNEXPLAINED: '✗'};

  function theme() {
    const button = section('theme');
    const dark = () => document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    const show = () => button.setAttribute('aria-pressed', String(dark()));
    button.addEventListener('click', () => {
      document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
      show();
      qtrace.redrawAll();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      show();
      qtrace.redrawAll();
    });
    show();
  }

  function facts() {
    const audit = summary.audit.rows[0];
    const steps = summary.runs.rows;
    const isWhole = summary.edges.total === audit.edges;
    const fact = (title, ...value) => el('div', {}, el('dt', {}, title), el('dd', {}, ...value));
    section('facts').append(
      fact('Runs', count(isWhole ? audit.runs : steps.length)),
      fact('Checkpoints', count(summary.checkpoints.total)),
      fact('Edges', count(summary.edges.total)),
      fact('Violations', count(summary.edges.rows.filter(edge => edge.verdict === 'VIOLATION').length)),
      fact('Findings', count(open().length)),
      fact('Audit', name(audit.audit_id)),
      fact('Finished', qtrace.time(audit.finished)),
      fact('Policy', `version ${audit.policy_version}, `, name(audit.policy_hash, 12)));
    section('made').append('Made by qtrace ', name(audit.version ?? ''), ' from the tables of lineage.qtrace.');
    if (isWhole && audit.conclusion?.length) {
      section('conclusion').append(el('ul', {}, audit.conclusion.map(sentence => el('li', {}, qtrace.whole(sentence)))));
    }
    const notes = [...(audit.notes ?? []), ...(audit.skipped ?? []).map(folder => `${folder[0]}: ${folder[1]}`)];
    if (isWhole && notes.length) {
      section('conclusion').append(el('details', {}, el('summary', {}, 'Notes of the audit'),
        el('ul', {}, notes.map(note => el('li', {}, qtrace.whole(note))))));
    }
  }

  const open = () => summary.findings.rows.filter(finding => finding.waived_reason === null);

  function list(id, caption, columns, rows, picture) {
    if (rows.length === 0) {
      section(id).append(el('p', {class: 'about'}, 'None.'));
    } else {
      lists.push({id, ...qtrace.list(section(id), caption, columns, rows)});
    }
    section(id).append(...qtrace.rest(picture), qtrace.sql(picture));
  }

  const text = (title, of, most) => ({title, cell: row => name(of(row), most), text: of});
  const digits = (title, of, format = count) => ({title, number: true, cell: row => format(of(row))});

  function findings() {
    const subject = row => row.subject ?? '';
    list('findings', 'Findings', [
      {title: 'checkpoint', text: subject, cell: row => row.child_id === null ? name(row.subject)
        : el('button', {type: 'button', class: 'link-button', title: row.subject,
            click: () => show({edges: [edgeByKey.get(qtrace.edgeKey(row))]})}, el('bdi', {}, qtrace.cut(row.subject)))},
      text('rule', row => row.rule),
      digits('tensors', row => row.tensors),
      {title: 'what, with the first counterexample', text: row => row.message, cell: row => name(row.message, 160)}
    ], open(), summary.findings);
    const waived = summary.findings.rows.filter(finding => finding.waived_reason !== null);
    list('waivers', 'Waived findings', [
      text('checkpoint', subject),
      text('rule', row => row.rule),
      text('finding', row => row.message, 100),
      text('waived because', row => row.waived_reason, 100),
      text('until', row => row.waived_until)
    ], waived, summary.findings);
  }

  function runs() {
    list('runs', 'Runs', [
      text('run', row => row.run === '' ? '.' : row.run),
      {title: 'verdict', cell: row => row.violations > 0
        ? el('span', {}, qtrace.verdict('VIOLATION'), ' ' + qtrace.plural(row.violations, 'edge')) : qtrace.verdict('CLEAN')},
      digits('checkpoints', row => row.checkpoints),
      digits('edges', row => row.edges),
      text('kinds', row => row.kinds.join(', ')),
      digits('_Q changed', row => row.q_changed),
      digits('of', row => row.q_compared),
      digits('last step', row => row.last_step),
      {title: 'last written', cell: row => qtrace.time(row.last_modified)}
    ], summary.runs.rows, summary.runs);
  }

  function edges() {
    list('edges', 'Edges', [
      {title: 'verdict', text: row => row.verdict, cell: row => qtrace.verdict(row.verdict)},
      text('kind', row => row.kind),
      {title: 'child', text: row => qtrace.path(row.child_id), cell: row => el('button', {type: 'button', class: 'link-button',
        title: qtrace.path(row.child_id), click: () => show({edges: [row]})}, el('bdi', {}, qtrace.cut(qtrace.path(row.child_id))))},
      text('parent', row => qtrace.path(row.parent_id)),
      digits('changed', row => row.changed + row.reshaped + row.added + row.removed),
      digits('identical', row => row.identical + row.equal),
      digits('_Q changed', row => row.q_changed),
      text('evidence', row => row.evidence.join(', '))
    ], summary.edges.rows, summary.edges);
  }

  function checkpoints() {
    list('checkpoints', 'Checkpoints', [
      text('checkpoint', row => row.path),
      text('role', row => row.role),
      digits('step', row => row.step),
      digits('tensors', row => row.tensors),
      digits('size', row => row.bytes, qtrace.bytes),
      {title: 'written', cell: row => qtrace.time(row.modified)},
      text('error', row => row.error, 80)
    ], summary.checkpoints.rows, summary.checkpoints);
    list('not_compared', 'Tensors that were not compared', [
      text('checkpoint', row => row.path),
      text('reason', row => row.reason, 90),
      digits('tensors', row => row.tensors),
      text('such as', row => row.example)
    ], summary.not_compared.rows, summary.not_compared);
  }

  async function tensors() {
    const {tensors} = await qtrace.details();
    list('tensors', 'Tensors that changed', [
      text('tensor', row => row.name),
      text('category', row => row.category),
      text('status', row => row.status),
      text('child', row => qtrace.path(row.child_id)),
      text('parent', row => qtrace.path(row.parent_id)),
      digits('elements', row => row.changed_elements),
      digits('of', row => row.elements),
      digits('max |a-b|', row => row.max_abs, number)
    ], tensors.rows, tensors);
  }

  // The details of what was selected in the graph or a list.
  const panel = el('aside', {id: 'panel', 'aria-label': 'Selected', tabindex: '-1', hidden: true});

  async function show({edges, checkpoints}) {
    const close = el('button', {type: 'button', class: 'close', 'aria-label': 'Close', click: () => {
      panel.hidden = true;
    }}, '×');
    const parts = edges?.length === 1 ? await edgeParts(edges[0])
      : edges ? edgesParts(edges) : checkpointParts(checkpoints);
    panel.replaceChildren(close, ...parts);
    panel.hidden = false;
    panel.focus({preventScroll: true});
    panel.scrollIntoView({block: 'nearest'});
  }

  function table(caption, titles, rows) {
    return rows.length === 0 ? [] : [el('div', {class: 'list', tabindex: '0', role: 'region', 'aria-label': caption}, el('table', {},
      el('caption', {}, caption),
      el('thead', {}, el('tr', {}, titles.map(title => el('th', {scope: 'col'}, title)))),
      el('tbody', {}, rows.map(row => el('tr', {}, row.map(cell => el('td', {}, cell)))))))];
  }

  async function edgeParts(edge) {
    const details = await qtrace.details();
    const key = qtrace.edgeKey(edge);
    const of = picture => details[picture].rows.filter(row => qtrace.edgeKey(row) === key);
    const findings = summary.findings.rows.filter(row => row.child_id !== null && qtrace.edgeKey(row) === key);
    const notes = of('notes').flatMap(row => row.notes ?? []);
    return [
      el('h3', {}, qtrace.verdict(edge.verdict), ' ' + edge.kind),
      el('p', {}, whole(qtrace.path(edge.child_id)), ' from ', whole(qtrace.path(edge.parent_id))),
      el('p', {class: 'about'}, `Evidence: ${edge.evidence.join(', ')}. `
        + `${qtrace.plural(edge.identical, 'tensor')} identical, ${edge.changed} changed, ${edge.added} added, ${edge.removed} removed, `
        + `${edge.reshaped} reshaped; ${edge.q_changed} of ${edge.q_buffers} _Q changed.`
        + (edge.trained?.length ? ` Trained: ${edge.trained.join(', ')}.` : '')),
      ...(findings.length ? [el('ul', {class: 'findings'}, findings.map(finding => el('li', {}, el('strong', {}, finding.rule), ': ',
        whole(finding.message), finding.waived_reason === null ? '' : ` (waived until ${finding.waived_until})`)))] : []),
      ...table('Changes', ['category', 'status', 'tensors', 'elements changed', 'max |a-b|'], of('changes').map(row =>
        [row.category, row.status, count(row.tensors), percent(row.elements ? row.changed_elements / row.elements : null), number(row.max_abs)])),
      ...table('Proof of _Q', ['status', 'cause', 'proof', '_Q', 'residual', 'drift', 'first counterexample'], of('proofs').map(row =>
        [row.status, row.cause ?? '', row.proof ?? '', count(row.q_buffers), count(row.residual), number(row.drift),
          row.first_counterexample === null ? '' : el('span', {}, name(row.layer), ` at ${count(row.first_counterexample)}`)])),
      ...(notes.length ? [el('p', {class: 'about'}, 'Notes'), el('ul', {}, notes.map(note => el('li', {}, whole(note))))] : []),
      ...(details.cells.rows.some(row => qtrace.edgeKey(row) === key)
        ? [el('p', {}, el('button', {type: 'button', click: () => unfold('cells').then(() => cells?.(key))}, 'Layers of this edge'))] : [])
    ];
  }

  function edgesParts(edges) {
    return [
      el('h3', {}, qtrace.plural(edges.length, 'edge')),
      el('ul', {class: 'chosen'}, edges.slice(0, 100).map(edge => el('li', {}, qtrace.verdict(edge.verdict), ' ',
        el('button', {type: 'button', class: 'link-button', click: () => show({edges: [edge]})},
          el('bdi', {}, qtrace.cut(qtrace.path(edge.child_id))))))),
      ...(edges.length > 100 ? [el('p', {class: 'about'}, `and ${edges.length - 100} more, see the list of edges`)] : [])
    ];
  }

  function checkpointParts(checkpoints) {
    if (checkpoints.length > 1) {
      return [el('h3', {}, qtrace.plural(checkpoints.length, 'checkpoint')),
        el('ul', {class: 'chosen'}, checkpoints.slice(0, 100).map(one => el('li', {},
          el('button', {type: 'button', class: 'link-button', click: () => show({checkpoints: [one]})},
            el('bdi', {}, qtrace.cut(one.path))))))];
    }
    const one = checkpoints[0];
    const around = summary.edges.rows.filter(edge => edge.child_id === one.checkpoint_id || edge.parent_id === one.checkpoint_id);
    return [
      el('h3', {}, 'Checkpoint'),
      el('p', {}, whole(one.path)),
      el('p', {class: 'about'}, `${one.role}${one.step === null ? '' : ', step ' + count(one.step)}; ${qtrace.bytes(one.bytes)}, `
        + `${qtrace.plural(one.tensors, 'tensor')}; written ${qtrace.time(one.modified)}`),
      ...(one.error === null ? [] : [el('p', {}, whole(one.error))]),
      ...(around.length ? edgesParts(around) : [])
    ];
  }

  function lineage() {
    if (summary.checkpoints.rows.length === 0) {
      section('lineage').append(el('p', {class: 'about'}, 'None.'));
      return;
    }
    section('lineage').append(el('div', {id: 'graph'}), panel, qtrace.sql(summary.checkpoints, 'SQL of the checkpoints'),
      qtrace.sql(summary.edges, 'SQL of the edges'));
    lists.push({id: 'lineage', ...qtrace.graph(section('graph'), summary.checkpoints.rows, summary.edges.rows, show)});
  }

  function option(value, label, most = 90) {
    return el('option', {value, title: label}, qtrace.cut(label, most));
  }

  function choice(id, label, options, change) {
    const select = el('select', {id, change}, options);
    return {select, field: el('span', {class: 'field'}, el('label', {for: id}, label), ' ', select)};
  }

  // Shows the cells of an edge; known when its section is there.
  let cells = null;

  async function edgeCells() {
    const details = await qtrace.details();
    const {cells: picture} = details;
    const byEdge = Map.groupBy(picture.rows, qtrace.edgeKey);
    if (picture.total > picture.rows.length) {
      byEdge.delete([...byEdge.keys()].at(-1)); // may be cut
    }
    if (byEdge.size === 0) {
      section('cells').append(el('p', {class: 'about'}, 'No tensor changed.'), qtrace.sql(picture));
      return;
    }
    const place = el('div', {id: 'edge-cells'});
    const edgeLabel = key => {
      const edge = edgeByKey.get(key);
      return `${edge.verdict === 'VIOLATION' ? '✗ ' : ''}${edge.kind}: ${qtrace.path(edge.child_id)} from ${qtrace.path(edge.parent_id)}`;
    };
    const edge = choice('cells-edge', 'Edge', [...byEdge.keys()].map(key => option(key, edgeLabel(key))), () => categories());
    const category = choice('cells-category', 'Category', [], () => draw());
    const measure = choice('cells-measure', 'Measure',
      [option('share', 'share of elements'), option('max', 'largest |a-b|'), option('cause', 'cause of _Q, status')], () => draw());

    function categories() {
      const present = [...new Set(byEdge.get(edge.select.value).map(row => row.category))];
      const before = category.select.value;
      category.select.replaceChildren(...present.map(one => option(one, one)));
      category.select.value = present.includes(before) ? before : present.includes('q') ? 'q' : present[0];
      draw();
    }

    function draw() {
      const rows = byEdge.get(edge.select.value).filter(row => row.category === category.select.value);
      // The same for every edge, so that they compare.
      const axis = of => [...new Set(picture.rows.filter(row => row.category === category.select.value).map(of))].sort(qtrace.compare);
      const layers = axis(row => row.layer);
      const projections = axis(row => row.projection);
      const at = new Map(rows.map(row => [row.layer + '\n' + row.projection, row]));
      const largest = Math.max(...rows.map(row => row.max_abs ?? 0), Number.MIN_VALUE);
      place.replaceChildren();
      qtrace.heat(place, 'Changes by layer and projection', {
        rows: layers.map(layer => layer === '' ? 'no layer' : 'layer ' + layer),
        columns: projections.map(projection => projection === '' ? '.' : projection),
        nothing: 'unchanged, or no such tensor',
        cell(r, c) {
          const row = at.get(layers[r] + '\n' + projections[c]);
          return row === undefined ? null : {...look(row, largest),
            text: `${row.status}, ${qtrace.plural(row.tensors, 'tensor')}; ${percent(row.share)} of elements, max |a-b| ${number(row.max_abs)}`
              + (row.cause === null ? '' : `; ${row.cause}`)};
        }
      });
    }

    function look(row, largest) {
      if (measure.select.value === 'cause') {
        const what = row.cause ?? row.status;
        return {colour: CAUSES[what] ?? '--cause-5', letter: LETTERS[what] ?? what[0]};
      }
      return measure.select.value === 'max'
        ? {share: (row.max_abs ?? 0) / largest, letter: number(row.max_abs)}
        : {share: row.share ?? 1, letter: row.share === null ? row.status[0] : percent(row.share)};
    }

    section('cells').append(el('div', {class: 'fields'}, edge.field, category.field, measure.field), place);
    const left = summary.edges.rows.filter(one => one.changed + one.added + one.removed + one.reshaped > 0).length - byEdge.size;
    if (left > 0) {
      section('cells').append(el('p', {class: 'about'}, `${qtrace.plural(left, 'more edge')} with changes: run the SQL without its LIMIT to see them.`));
    }
    section('cells').append(qtrace.sql(picture));
    categories();
    cells = key => {
      edge.select.value = byEdge.has(key) ? key : edge.select.value;
      categories();
      section('cells').scrollIntoView();
      edge.select.focus({preventScroll: true});
    };
  }

  // Checkpoints in the order in which they were made.
  const byTime = (a, b) => (a.step ?? Infinity) - (b.step ?? Infinity) || a.modified - b.modified || qtrace.compare(a.path, b.path);
  const file = row => row.path.slice(row.path.lastIndexOf('/') + 1);

  function runNames() {
    return summary.runs.rows.map(row => row.run);
  }

  async function qChanges() {
    const {q_changes: picture, q_layers: layersOf} = await qtrace.details();
    const layers = new Map(layersOf.rows.flatMap(row => row.runs.map(run => [run, row.layers])));
    const changed = Map.groupBy(picture.rows, row => row.run);
    const weight = run => (changed.get(run) ?? []).reduce((sum, row) => sum + (row.cause === 'UNEXPLAINED' ? 1e6 : 1), 0);
    const names = runNames().filter(run => layers.has(run)).sort((a, b) => weight(b) - weight(a));
    if (names.length === 0) {
      section('q_changes').append(el('p', {class: 'about'}, 'No edge has a _Q.'), qtrace.sql(picture));
      return;
    }
    const place = el('div', {id: 'run-cells'});
    const run = choice('q-run', 'Run', names.map(one =>
      option(one, `${one === '' ? '.' : one} (${qtrace.plural(changed.get(one)?.length ?? 0, 'change')})`)), () => draw());
    const legend = el('ul', {class: 'legend'}, [['--cell-low', 'unchanged'], ['--cause-1', 'BAKED'], ['--cause-2', 'SYNCED'],
      ['--cause-3', 'REQUANTIZED, QUANTIZED'], ['--cause-4', 'CAST, GRAFTED'], ['--cause-5', 'other'], ['--cause-bad', '✗ UNEXPLAINED']]
      .map(([colour, label]) => {
        const swatch = el('span', {class: 'swatch'});
        swatch.style.background = `var(${colour})`;
        return el('li', {}, swatch, label);
      }));

    function draw() {
      const compared = new Map();
      summary.edges.rows.filter(edge => qtrace.checkpoints.get(edge.child_id)?.run === run.select.value)
        .forEach(edge => compared.set(edge.child_id, (compared.get(edge.child_id) ?? 0) + edge.q_buffers));
      const columns = [...compared.keys()].map(id => qtrace.checkpoints.get(id)).sort(byTime);
      const rows = [...layers.get(run.select.value)].sort(qtrace.compare);
      const at = new Map((changed.get(run.select.value) ?? []).map(row => [row.child_id + '\n' + row.layer, row]));
      place.replaceChildren();
      qtrace.heat(place, 'Changes of _Q by checkpoint and layer', {
        rows,
        columns: columns.map(file),
        nothing: 'no _Q to compare',
        cell(r, c) {
          const row = at.get(columns[c].checkpoint_id + '\n' + rows[r]);
          if (row === undefined) {
            return compared.get(columns[c].checkpoint_id) > 0 ? {share: 0, text: 'unchanged'} : null;
          }
          const cause = row.cause ?? row.status;
          return {colour: CAUSES[cause] ?? '--cause-5', letter: LETTERS[cause] ?? cause[0],
            text: `${cause}, ${row.status}, from ${qtrace.path(row.parent_id)}; ${qtrace.plural(row.residual, 'element')} not explained`
              + (row.drift === null ? '' : `, drift ${number(row.drift)}`)};
        }
      });
    }

    section('q_changes').append(el('div', {class: 'fields'}, run.field), legend, place, ...qtrace.rest(picture), qtrace.sql(picture),
      qtrace.sql(layersOf, 'SQL of the layers'));
    draw();
  }

  const MOST_HISTOGRAMS = 6;

  // How many indices use each entry of a LUT, the ends in a colour of their own.
  function histogram(place, row) {
    const entries = Math.max(row.entries ?? 0, row.index_counts.length);
    const counts = Array.from({length: entries}, (_, entry) => row.index_counts[entry] ?? 0);
    const all = counts.reduce((sum, one) => sum + one, 0);
    const isEnd = entry => entry === 0 || entry === entries - 1;
    const share = entry => percent(counts[entry] / all);
    qtrace.chart(place, {
      title: '_indices by LUT entry',
      note: [`${share(0)} at the lowest entry, ${share(entries - 1)} at the highest; `
        + `in ${qtrace.plural(row.checkpoints, 'checkpoint')}, first in `, name(row.first_in)],
      x: counts.map((_, entry) => entry),
      names: counts.map((_, entry) => String(entry)),
      xLabel: 'entry',
      columns: true,
      series: [{label: 'between', values: counts.map((one, entry) => isEnd(entry) ? null : one)},
        {label: 'lowest and highest entry', values: counts.map((one, entry) => isEnd(entry) ? one : null)}]
    });
  }

  async function luts() {
    const {luts: picture, indices} = await qtrace.details();
    const byLayer = Map.groupBy(picture.rows, row => row.layer);
    const used = Map.groupBy(indices.rows, row => row.layer);
    const layers = [...byLayer.keys()].sort(qtrace.compare);
    if (layers.length === 0) {
      section('luts').append(el('p', {class: 'about'}, 'No checkpoint has a LUT.'), qtrace.sql(picture));
      return;
    }
    const place = el('div', {id: 'lut-charts', class: 'charts'});
    const run = choice('lut-run', 'Run', runNames().map(one => option(one, one === '' ? '.' : one)), () => draw());
    const layer = choice('lut-layer', 'Layer', layers.map(one => option(one, one)), () => draw());

    function chain() {
      const ids = new Set();
      summary.edges.rows.filter(edge => qtrace.checkpoints.get(edge.child_id)?.run === run.select.value && edge.kind !== 'none')
        .forEach(edge => ids.add(edge.parent_id).add(edge.child_id));
      const own = one => one.run === run.select.value;
      return [...ids].map(id => qtrace.checkpoints.get(id)).sort((a, b) => own(a) - own(b) || byTime(a, b));
    }

    function draw() {
      const at = new Map(byLayer.get(layer.select.value).map(row => [row.checkpoint_id, row]));
      const points = chain().filter(one => at.has(one.checkpoint_id));
      const rows = points.map(one => at.get(one.checkpoint_id));
      place.replaceChildren();
      if (points.length === 0) {
        place.append(el('p', {class: 'about'}, 'This run has no LUT of that layer.'));
        return;
      }
      const marks = rows.flatMap((row, x) => row.drift === null ? [] : [{x, label: `bake, drift ${number(row.drift)}`}]);
      const lines = of => {
        const size = Math.max(...rows.map(row => of(row)?.length ?? 0));
        return Array.from({length: size}, (_, i) => ({label: `entry ${i}`, values: rows.map(row => of(row)?.[i] ?? null)}));
      };
      const add = (title, of) => {
        const series = lines(of);
        if (series.length > 0) {
          qtrace.chart(place, {title, x: points.map((_, i) => i), names: points.map(file), xLabel: 'checkpoint', series, marks});
        }
      };
      add('Stored LUT', row => row.lut);
      add('Deltas', row => row.deltas);
      const histograms = (used.get(layer.select.value) ?? []).filter(row => row.runs.includes(run.select.value));
      histograms.slice(0, MOST_HISTOGRAMS).forEach(row => histogram(place, row));
      if (histograms.length > MOST_HISTOGRAMS) {
        place.append(el('p', {class: 'about'}, `${qtrace.plural(histograms.length - MOST_HISTOGRAMS, 'more histogram')}: run the SQL to see them.`));
      }
    }

    section('luts').append(el('div', {class: 'fields'}, run.field, layer.field), place, ...qtrace.rest(picture), qtrace.sql(picture),
      ...qtrace.rest(indices), qtrace.sql(indices, 'SQL of the histograms'));
    const moved = summary.runs.rows.findIndex(row => row.kinds.includes('bake'));
    run.select.selectedIndex = Math.max(0, moved);
    draw();
  }

  function differences() {
    const picture = summary.differences;
    const rows = picture.rows;
    if (rows.length === 0) {
      section('differences').append(el('p', {class: 'about'}, 'No number changed.'), qtrace.sql(picture));
      return;
    }
    const low = Math.min(...rows.map(row => row.magnitude));
    const high = Math.max(...rows.map(row => row.magnitude));
    const x = Array.from({length: Math.round((high - low) * 2) + 2}, (_, i) => low + i / 2);
    const series = [...Map.groupBy(rows, row => row.category)].map(([label, of]) => {
      const at = new Map(of.map(row => [row.magnitude, row.tensors]));
      return {label, values: x.map((one, i) => i === x.length - 1 ? null : at.get(one) ?? 0)};
    });
    const place = el('div', {class: 'charts'});
    section('differences').append(place, qtrace.sql(picture));
    qtrace.chart(place, {title: 'Tensors by log10 of their largest |a-b|', x, xLabel: 'log10', series, bars: true});
  }

  const MOST_NORMS = 6;

  function scales() {
    const picture = summary.scales;
    const byRun = Map.groupBy(picture.rows, row => row.run);
    if (byRun.size === 0) {
      section('scales').append(el('p', {class: 'about'}, 'No step has scales.'), qtrace.sql(picture));
      return;
    }
    const place = el('div', {class: 'charts'});
    const run = choice('scale-run', 'Run', [...byRun.keys()].map(one => option(one, one === '' ? '.' : one)), () => draw());
    function draw() {
      const rows = byRun.get(run.select.value);
      const x = [...new Set(rows.map(row => row.step))].sort((a, b) => a - b);
      const series = (some, group, of) => [...Map.groupBy(some, group)].map(([label, all]) => {
        const at = new Map(all.map(row => [row.step, of(row)]));
        return {label, values: x.map(step => at.get(step) ?? null)};
      });
      place.replaceChildren();
      // A chart each: they differ more from each other than from step to step. Audits of older versions have none.
      const norms = Map.groupBy(rows.filter(row => row.norm !== null), row => row.scale);
      for (const [scale, some] of [...norms].slice(0, MOST_NORMS)) {
        qtrace.chart(place, {title: 'L2 norm of ' + qtrace.cut(scale), x, series: series(some, row => row.part ?? scale, row => row.norm)});
      }
      const group = row => row.part === null ? row.scale : `${row.scale} of ${row.part}`;
      qtrace.chart(place, {title: 'Mean of the elements', x, series: series(rows, group, row => row.mean)});
      qtrace.chart(place, {title: 'Largest |element|', x, series: series(rows, group, row => row.largest)});
    }
    section('scales').append(el('div', {class: 'fields'}, run.field), place, ...qtrace.rest(picture), qtrace.sql(picture));
    run.select.value = [...byRun].reduce((one, other) => other[1].length > one[1].length ? other : one)[0];
    draw();
  }

  function training() {
    const picture = summary.training;
    const byRun = Map.groupBy(picture.rows, row => row.output_dir + '\n' + row.audit_id);
    if (byRun.size === 0) {
      section('training').append(el('p', {class: 'about'}, 'qtrace trained none of these runs.'), qtrace.sql(picture));
      return;
    }
    const place = el('div', {class: 'charts'});
    const run = choice('training-run', 'Run', [...byRun.keys()].map(key => option(key, key.split('\n')[0])), () => draw());
    function draw() {
      const rows = byRun.get(run.select.value);
      const x = rows.map(row => row.step);
      const line = (label, of) => ({label, values: rows.map(of)});
      place.replaceChildren();
      qtrace.chart(place, {title: 'Loss', x, series: [line('loss', row => row.loss)]});
      qtrace.chart(place, {title: 'Gradient norm', x, series: [line('gradient norm', row => row.gradient_norm)]});
      qtrace.chart(place, {title: 'Learning rates', x, series: [line('scales', row => row.lr), line('LUT deltas', row => row.lut_lr)]});
      qtrace.chart(place, {title: 'Tokens per second', x, series: [line('tokens per second', row => row.tokens_per_second)]});
    }
    section('training').append(el('div', {class: 'fields'}, run.field), place, ...qtrace.rest(picture), qtrace.sql(picture));
    draw();
  }

  function navigation() {
    for (const part of document.querySelectorAll('section[data-title]')) {
      section('nav').append(el('li', {}, el('a', {href: '#' + part.id}, part.dataset.title)));
    }
  }

  function search() {
    const input = section('search');
    let timer = null;
    const find = () => {
      const text = input.value.trim();
      const found = lists.map(one => ({id: one.id, rows: one.search(text)}));
      const title = id => document.getElementById(id).dataset.title.toLowerCase();
      section('found').textContent = text === '' ? ''
        : 'Found: ' + found.filter(one => one.rows > 0).map(one => `${count(one.rows)} in ${title(one.id)}`).join(', ')
          + (found.every(one => one.rows === 0) ? 'nothing' : '');
    };
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(find, 120);
    });
    input.addEventListener('keydown', event => {
      if (event.key === 'Enter') {
        find();
        section('lineage').scrollIntoView();
      }
    });
    addEventListener('keydown', event => {
      if (event.key === '/' && !event.target.closest('input, select, textarea')) {
        event.preventDefault();
        input.focus();
      }
    });
  }

  theme();
  navigation();
  facts();
  findings();
  runs();
  edges();
  checkpoints();
  search();
  // What takes longer, after the first look.
  const later = [lineage, differences, scales, training];
  const folded = new Map([['cells', edgeCells], ['q_changes', qChanges], ['luts', luts], ['tensors', tensors]]);
  const soon = new IntersectionObserver(seen => seen.filter(one => one.isIntersecting).forEach(one => unfold(one.target.id)),
    {rootMargin: '600px'});
  const drawing = new Map();
  function unfold(id) {
    if (!drawing.has(id)) {
      drawing.set(id, folded.get(id)().catch(failure => {
        section(id).append(el('p', {role: 'alert'}, 'Cannot draw this: ' + failure.message));
        throw failure;
      }));
    }
    return drawing.get(id);
  }
  function next() {
    if (later.length > 0) {
      later.shift()();
      setTimeout(next);
    } else {
      folded.forEach((_, id) => soon.observe(section(id)));
      document.documentElement.dataset.ready = String(Math.round(performance.now()));
    }
  }
  addEventListener('beforeprint', () => [...folded.keys()].forEach(unfold));
  setTimeout(next);
})();
