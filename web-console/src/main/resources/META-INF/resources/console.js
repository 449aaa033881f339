// The console: draws each overview it is sent. Everything that comes from outside is set as text, never as markup,
// and what is on the page is changed in place, so that selections, focus and scroll positions stay.

const tones = {
  LIVE: "good", DRAINING: "warn", LOST: "bad",
  PLANNED: "", RUNNING: "", PAUSED: "", SUCCEEDED: "good", PARTIAL: "warn", FAILED: "bad", CANCELLED: "warn",
};

/** Control and format characters in sight, as the command line prints them: they could hide or reorder a name. */
const visible = (text) => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, "0")}`);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(visible(String(child))))));
  return made;
}

const keyOf = (node) => (node instanceof Element ? node.getAttribute("data-key") : null);

/** Makes `old` look like `made`, of the same kind, keeping what is alike; children with a key keep their identity. */
function become(old, made) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== made.data) old.data = made.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!made.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of made.attributes) {
    // The policy of the page allows no style attributes; widths are set as properties.
    if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.style.width !== made.style.width) old.style.width = made.style.width;
  const keyed = new Map([...old.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let at = old.firstChild;
  for (const child of [...made.childNodes]) {
    const key = keyOf(child);
    const match = key ? keyed.get(key) : at && !keyOf(at) && at.nodeName === child.nodeName ? at : undefined;
    if (!match) {
      old.insertBefore(child, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    become(match, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function fill(place, ...children) {
  const made = place.cloneNode(false);
  made.setAttribute("aria-busy", "false");
  made.append(...children);
  become(place, made);
}

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = count;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || Math.abs(value - Math.round(value)) < 0.05 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const whole = new Intl.NumberFormat("en");

function duration(millis) {
  const seconds = Math.max(0, Math.ceil(millis / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min${seconds % 60 ? ` ${seconds % 60} s` : ""}`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Local time, written as the command line writes it. */
function clock(millis) {
  if (millis <= 0) return "–";
  const at = new Date(millis);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `failed`: the share of `fraction` that is not what it should be. */
function bar(fraction, label, failed = 0) {
  const known = fraction !== null;
  const share = known ? Math.min(1, Math.max(0, fraction)) : 0;
  const good = element("div", { class: "fill" });
  const lost = element("div", { class: "fill bad" });
  if (known) {
    const bad = Math.min(share, failed);
    good.style.width = `${(share - bad) * 100}%`;
    lost.style.width = `${bad * 100}%`;
  }
  const made = element("div", { class: known ? "bar" : "bar unknown", role: "progressbar", "aria-label": label,
    "aria-valuemin": "0", "aria-valuemax": "100" }, ...(share > failed || !known ? [good] : []), ...(failed > 0 ? [lost] : []));
  if (known) made.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
  return made;
}

const cell = (...children) => element("td", { role: "cell" }, ...children);
const mono = (...children) => element("td", { role: "cell", class: "name" }, ...children);
const number = (...children) => element("td", { role: "cell", class: "number" }, ...children);
const title = (...children) => element("th", { role: "rowheader", scope: "row", class: "name" }, ...children);
const small = (...children) => element("small", {}, ...children);
const code = (text) => element("code", {}, text);
const unbroken = (text) => element("span", { class: "unbroken" }, text);
const state = (word, ...more) => cell(element("span", { class: `state ${tones[word] ?? ""}` }, word.toLowerCase()), ...more);

/** A heading that begins with `>` is of numbers. Where the window is narrow each row is a card, and headings its labels. */
function table(id, headings, rows) {
  const named = headings.map((heading) => heading.replace(/^>/, ""));
  const head = headings.map((heading, i) =>
    element("th", { role: "columnheader", scope: "col", ...(heading.startsWith(">") ? { class: "number" } : {}) }, named[i]));
  for (const row of rows) [...row.children].forEach((made, i) => made.setAttribute("data-label", named[i]));
  return element("div", { class: "sheet", role: "region", tabindex: "0", "aria-labelledby": `${id}-title` },
    element("table", { role: "table", "aria-labelledby": `${id}-title` },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
      element("tbody", { role: "rowgroup" }, ...rows)));
}

const row = (key, ...cells) => element("tr", { role: "row", "data-key": key }, ...cells);

function mountRow(mount) {
  return row(mount.path,
    title(mount.path),
    mono(mount.uri, ...(mount.endpoint ? [small(mount.endpoint)] : [])),
    mono(mount.credentials || "default"),
    number(mount.maxAgeMillis ? duration(mount.maxAgeMillis) : "default"));
}

function workerRow(worker, asOf) {
  const share = worker.capacityBytes > 0 ? worker.usedBytes / worker.capacityBytes : 0;
  return row(worker.id,
    title(worker.id, small(worker.address)),
    state(worker.state),
    cell(`${bytes(worker.usedBytes)} of ${bytes(worker.capacityBytes)}`, bar(share, `cache of ${worker.id}`)),
    number(whole.format(worker.cachedFiles)),
    number(worker.lastRenewalMillis > 0 ? `${duration(Math.max(0, asOf - worker.lastRenewalMillis))} ago` : "–"));
}

function jobRow(job) {
  const ended = !["PLANNED", "RUNNING"].includes(job.state);
  const files = job.doneFiles + job.skippedFiles + job.failedFiles;
  const size = job.doneBytes + job.skippedBytes + job.failedBytes;
  const total = job.planningFinished || ended;
  let fraction = null;
  if (total && job.plannedBytes > 0) fraction = size / job.plannedBytes;
  else if (total) fraction = job.plannedFiles > 0 ? files / job.plannedFiles : ended ? 1 : 0;
  const more = total ? "" : "+";
  const facts = [];
  if (job.skippedFiles > 0) facts.push(`${whole.format(job.skippedFiles)} ${job.kind === "FREE" ? "not cached" : "already cached"}`);
  if (job.state === "RUNNING") {
    facts.push(`${bytes(job.bytesPerSecond)}/s`);
    facts.push(job.etaMillis >= 0 ? `${duration(job.etaMillis)} left` : "time left not known yet");
  }
  if (job.finishedMillis > 0 && job.startedMillis > 0) facts.push(`took ${duration(job.finishedMillis - job.startedMillis)}`);
  const why = job.message ? [small(job.message)] : [];
  if (job.failedFiles > 0) why.push(small("Which files: ", code(`millrace job failures ${job.id}`)));
  return row(job.id,
    title(job.path, small(job.id)),
    cell(job.kind.toLowerCase()),
    state(job.state, ...why),
    cell(unbroken(`${whole.format(files)} of ${whole.format(job.plannedFiles)}${more} files`), " · ",
      unbroken(`${bytes(size)} of ${bytes(job.plannedBytes)}${more}`),
      bar(fraction, `${job.kind.toLowerCase()} of ${job.path}`, job.plannedFiles > 0 ? job.failedFiles / job.plannedFiles : 0),
      ...(facts.length > 0 ? [small(facts.join(" · "))] : [])),
    number(job.failedFiles > 0 ? element("span", { class: "bad" }, whole.format(job.failedFiles)) : "0"),
    number(clock(job.createdMillis)));
}

function show(id, section, empty, headings, toRow) {
  const place = document.getElementById(id);
  if (section.problem) {
    fill(place, element("p", { class: "problem", role: "alert" }, `Not known now: ${section.problem}.`));
  } else if (section.rows.length === 0) {
    fill(place, element("div", { class: "sheet" }, element("p", { class: "empty" }, ...empty)));
  } else {
    fill(place, table(id, headings, section.rows.map(toRow)),
      ...(section.more ? [element("p", { class: "empty" }, "Older ones are not shown; ", code("millrace job ls"), " has them.")] : []));
  }
}

function figure(name, section, value) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, section.problem ? "not known" : value()));
}

function figures({ workers, mounts, jobs }) {
  const there = workers.rows.filter((worker) => worker.state !== "LOST");
  const sum = (field) => there.reduce((total, worker) => total + worker[field], 0);
  const running = jobs.rows.filter((job) => job.state === "RUNNING").length;
  fill(document.getElementById("figures"),
    figure("Workers", workers, () => `${there.length} of ${workers.rows.length} live`),
    figure("Cached", workers, () => `${bytes(sum("usedBytes"))} of ${bytes(sum("capacityBytes"))}`),
    figure("Cached files", workers, () => whole.format(sum("cachedFiles"))),
    figure("Mounts", mounts, () => whole.format(mounts.rows.length)),
    figure("Jobs running", jobs, () => whole.format(running) + (jobs.more ? "+" : "")));
}

function draw(overview) {
  figures(overview);
  show("jobs", overview.jobs, ["No job has run yet. ", code("millrace job load --path PATH --submit"), " starts one."],
    ["Path", "Kind", "State", "Progress", ">Failed", ">Created"], jobRow);
  show("workers", overview.workers, ["No worker has registered."],
    ["Worker", "State", "Cache", ">Files", ">Heard"], (worker) => workerRow(worker, overview.asOfMillis));
  show("mounts", overview.mounts, ["Nothing is mounted. ", code("millrace mount add PATH URI"), " mounts a bucket."],
    ["Path", "Bucket", "Credentials", ">Max age"], mountRow);
}

function link(kind, text) {
  const place = document.getElementById("link");
  place.dataset.state = kind;
  if (place.textContent !== text) place.textContent = text;
  document.body.classList.toggle("stale", kind === "lost");
}

/** Longer than the console may need for three questions to services that do not answer. */
const silenceMillis = 15_000;
const pauseMillis = 2_000;
let lastEvent = 0;
let lastSign = Date.now();
let source;

function lost() {
  link("lost", lastEvent ? `The console has not answered since ${clock(lastEvent).slice(11)}; trying again.`
    : "The console does not answer; trying again.");
}

function follow() {
  lastSign = Date.now();
  source?.close();
  source = new EventSource("api/console/v1/events");
  source.onmessage = (event) => {
    lastEvent = lastSign = Date.now();
    draw(JSON.parse(event.data));
    link("live", "live");
  };
  source.onerror = () => {
    lost();
    if (source.readyState === EventSource.CLOSED) lastSign = Date.now() - silenceMillis + pauseMillis;
  };
}

// A connection can end without a word.
setInterval(() => {
  if (Date.now() - lastSign > silenceMillis) {
    lost();
    follow();
  }
}, 1_000);
follow();
