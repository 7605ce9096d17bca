'use strict';
// Line charts by uPlot, in the colours of the theme and as wide as their place.
(() => {
  const DASHES = [[], [7, 3], [2, 3], [8, 3, 2, 3], [12, 4]];
  const COLOURS = 8;
  const drawn = [];

  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // Calls draw now, when the element's width changes, and when the theme does.
  qtrace.redraw = (element, draw) => {
    let width = -1;
    new ResizeObserver(() => {
      if (element.clientWidth !== width && element.clientWidth > 0) {
        width = element.clientWidth;
        draw();
      }
    }).observe(element);
    drawn.push(() => {
      if (element.isConnected && element.clientWidth > 0) {
        draw();
      }
    });
  };

  qtrace.redrawAll = () => drawn.forEach(draw => draw());

  /**
   * Adds a chart to an element.
   *
   * @param chart title, x (numbers), series (label and values, null where there is none), log (of the y axis), names (of
   *     x), marks (x and label of vertical lines), bars (steps from each x to the next), columns (one at each x, from 0),
   *     note (texts and elements below the title)
   */
  qtrace.chart = (parent, chart) => {
    const place = qtrace.el('div', {class: 'chart-place'});
    const caption = qtrace.el('figcaption', {}, chart.title, chart.note ? qtrace.el('p', {class: 'about'}, chart.note) : null);
    const figure = qtrace.el('figure', {class: 'chart'}, caption, place);
    parent.append(figure);
    let plot = null;
    qtrace.redraw(figure, () => {
      plot?.destroy();
      plot = new uPlot(options(chart, Math.max(220, figure.clientWidth - 2)), [chart.x, ...chart.series.map(one => one.values)], place);
      const canvas = place.querySelector('canvas');
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', chart.columns
        ? `${chart.title}: ${chart.x.length} columns` : `${chart.title}: ${chart.series.length} lines of ${chart.x.length} points`);
    });
  };

  function options(chart, width) {
    const axis = {stroke: style('--muted'), grid: {stroke: style('--line'), width: 1}, ticks: {stroke: style('--line'), width: 1},
      font: '12px system-ui, sans-serif'};
    const named = chart.names
      ? {values: (_, splits) => splits.map(x => Number.isInteger(x) && chart.names[x] !== undefined ? qtrace.cut(chart.names[x], 16) : ''),
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], space: chart.columns ? 28 : 90}
      : {};
    return {
      width,
      height: 260,
      legend: {show: chart.series.length <= 20, live: true},
      scales: {x: {time: false, range: chart.names ? (_, low, high) => [low - 0.5, high + 0.5] : undefined},
        y: chart.columns ? {range: (_, low, high) => [0, high > 0 ? high * 1.05 : 1]} : {distr: chart.log ? 3 : 1}},
      axes: [{...axis, ...named}, {...axis, size: 66, values: (_, splits) => splits.map(y => y === null ? '' : qtrace.number(y))}],
      series: [{label: chart.xLabel ?? 'step', value: (_, x) => x === null ? '' : chart.names ? chart.names[x] ?? '' : String(x)},
        ...chart.series.map((one, i) => ({
          label: one.label,
          stroke: style('--series-' + (i % COLOURS + 1)),
          width: 2,
          dash: DASHES[Math.floor(i / COLOURS) % DASHES.length],
          spanGaps: true,
          fill: chart.columns ? style('--series-' + (i % COLOURS + 1)) : undefined,
          points: {show: !chart.columns && chart.x.length <= 60},
          paths: chart.columns ? uPlot.paths.bars({size: [0.7, 48]}) : chart.bars ? uPlot.paths.stepped({align: 1}) : undefined,
          value: (_, y) => y === null || y === undefined ? '' : qtrace.number(y)
        }))],
      hooks: {draw: chart.marks ? [plot => marks(plot, chart.marks)] : []}
    };
  }

  function marks(plot, all) {
    const pen = plot.ctx;
    pen.save();
    pen.strokeStyle = pen.fillStyle = style('--mark');
    pen.setLineDash([4, 4]);
    pen.textAlign = 'right';
    pen.font = `${Math.round(11 * devicePixelRatio)}px system-ui, sans-serif`;
    all.forEach((mark, i) => {
      const x = Math.round(plot.valToPos(mark.x, 'x', true));
      pen.beginPath();
      pen.moveTo(x, plot.bbox.top);
      pen.lineTo(x, plot.bbox.top + plot.bbox.height);
      pen.stroke();
      pen.fillText(mark.label, x - 5, plot.bbox.top + 14 * devicePixelRatio * (1 + i % 3));
    });
    pen.restore();
  }
})();
