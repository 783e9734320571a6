/**
 * Runs in the page before its own scripts, for `berth bench page`: says when something was painted. Plain JavaScript, as
 * the browser takes it. Its clock is `performance.now()`, which begins with the navigation.
 */
globalThis.berthProbe = (() => {
  /** Calls back once the frame is painted that is made now: a message comes behind it. */
  const afterThisFrame = (then) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => then(performance.now()), { once: true });
    port1.start();
    port2.postMessage(null);
  };
  const afterNextFrame = (then) => requestAnimationFrame(() => afterThisFrame(then));

  /** When so many nodes and instances are painted; called before the page is there. */
  const rowsPainted = (nodes, instances) =>
    new Promise((resolve) => {
      const count = (selector) => document.querySelectorAll(selector).length;
      const mutations = new MutationObserver(() => {
        if (count("tbody[data-node]") < nodes || count("tr[data-instance]") < instances) return;
        mutations.disconnect();
        afterNextFrame(resolve);
      });
      mutations.observe(document, { childList: true, subtree: true });
    });

  const changes = [];
  /** From now on each number of a node's CPU is noted, with the moment after its frame, by the clock of the machine. */
  const watchNumbers = () => {
    for (const body of document.querySelectorAll("tbody[data-node]")) {
      const value = body.querySelector(".node-row .column-cpu .value");
      new MutationObserver(() => {
        const text = value.textContent;
        afterNextFrame(() => changes.push({ node: body.dataset.node, text, at: Date.now() }));
      }).observe(value, { childList: true, characterData: true, subtree: true });
    }
  };

  let strokes = 0;
  const watchCanvases = () => {
    const { stroke } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.stroke = function count(...parameters) {
      strokes += 1;
      return stroke.apply(this, parameters);
    };
  };

  /** Milliseconds from the next click until charts of another time are drawn and painted. */
  const chartsPainted = () =>
    new Promise((resolve) => {
      const caption = () => document.querySelector(".chart-notes [role=status]").textContent;
      const before = caption();
      const look = (clickedAt) => {
        if (strokes > 0 && caption().startsWith("Averages of") && caption() !== before)
          afterThisFrame((at) => resolve(at - clickedAt));
        else requestAnimationFrame(() => look(clickedAt));
      };
      const onClick = ({ timeStamp }) => {
        strokes = 0;
        requestAnimationFrame(() => look(timeStamp));
      };
      addEventListener("click", onClick, { capture: true, once: true });
    });

  /** Milliseconds between frames, for so long. */
  const frameIntervals = (milliseconds) =>
    new Promise((resolve) => {
      const intervals = [];
      const step = (begun, before) =>
        requestAnimationFrame((now) => {
          intervals.push(now - before);
          if (now - begun < milliseconds) step(begun, now);
          else resolve(intervals);
        });
      requestAnimationFrame((now) => step(now, now));
    });

  /** Charts that are wholly in the window; and how high it must be to show so many of them. */
  const sparklines = (wanted) => {
    const bottoms = [...document.querySelectorAll(".sparkline")].map((one) => one.getBoundingClientRect().bottom);
    return { shown: bottoms.filter((bottom) => bottom <= innerHeight).length, height: bottoms[wanted - 1] };
  };

  return { rowsPainted, watchNumbers, changes, watchCanvases, chartsPainted, frameIntervals, sparklines };
})();
