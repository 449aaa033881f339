// The console: draws each overview it is sent. Everything that comes from outside is set as text, never as markup.

const tones = {
  LIVE: "good", DRAINING: "warn", LOST: "bad",
  PLANNED: "", RUNNING: "", SUCCEEDED: "good", PARTIAL: "warn", FAILED: "bad", CANCELLED: "warn",
};

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(String(child)))));
  return made;
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
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

const clock = (millis) => (millis > 0 ? new Date(millis).toLocaleString() : "–");

/** `failed`: the share of `fraction` that is not what it should be. */
function bar(fraction, label, failed = 0) {
  const known = fraction !== null;
  const percent = known ? Math.floor(Math.min(1, Math.max(0, fraction)) * 100) : 0;
  const fill = element("div");
  const lost = element("div", { class: "bad" });
  if (known) {
    const failedPercent = failed > 0 ? Math.min(percent, Math.max(1, Math.round(failed * 100))) : 0;
    fill.style.width = `${percent - failedPercent}%`;
    lost.style.width = `${failedPercent}%`;
  }
  const made = element("div", { class: known ? "bar" : "bar unknown", role: "progressbar", "aria-label": label,
    "aria-valuemin": "0", "aria-valuemax": "100" }, fill, lost);
  if (known) made.setAttribute("aria-valuenow", String(percent));
  return made;
}

function state(word) {
  return element("td", {}, element("span", { class: `state ${tones[word] ?? ""}` }, word.toLowerCase()));
}

const cell = (...children) => element("td", {}, ...children);
const name = (text, ...more) => element("td", { class: "name" }, text, ...more);
const number = (...children) => element("td", { class: "number" }, ...children);
const small = (text) => element("small", {}, text);

function table(headings, rows) {
  const head = headings.map((heading) =>
    element("th", heading.startsWith(">") ? { class: "number", scope: "col" } : { scope: "col" }, heading.replace(/^>/, "")));
  return element("div", { class: "sheet" },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells)))));
}

function show(id, section, empty, draw) {
  const place = document.getElementById(id);
  place.setAttribute("aria-busy", "false");
  if (section.problem) {
    place.replaceChildren(element("p", { class: "problem", role: "alert" }, `Not known now: ${section.problem}.`));
  } else if (section.rows.length === 0) {
    place.replaceChildren(element("div", { class: "sheet" }, element("p", { class: "empty" }, ...empty)));
  } else {
    const drawn = draw(section.rows);
    place.replaceChildren(drawn);
    if (section.more) place.append(element("p", { class: "empty" }, "Older ones are not shown; millrace job ls has them."));
  }
}

const code = (text) => element("code", {}, text);

function mountRow(mount) {
  return [name(mount.path), name(mount.uri, ...(mount.endpoint ? [small(mount.endpoint)] : [])),
    cell(mount.credentials || "default"),
    number(mount.maxAgeMillis ? duration(mount.maxAgeMillis) : "default")];
}

function workerRow(worker, asOf) {
  const share = worker.capacityBytes > 0 ? worker.usedBytes / worker.capacityBytes : 0;
  return [name(worker.id, small(worker.address)), state(worker.state),
    cell(`${bytes(worker.usedBytes)} of ${bytes(worker.capacityBytes)}`, bar(share, `cache of ${worker.id}`)),
    number(whole.format(worker.cachedFiles)),
    number(worker.lastRenewalMillis > 0 ? `${duration(Math.max(0, asOf - worker.lastRenewalMillis))} ago` : "–")];
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
  const stateCell = state(job.state);
  if (job.message) stateCell.append(small(job.message));
  const progress = cell(`${whole.format(files)} of ${whole.format(job.plannedFiles)}${more} files, ` +
    `${bytes(size)} of ${bytes(job.plannedBytes)}${more}`, 
    bar(fraction, `job ${job.id}`, job.plannedFiles > 0 ? job.failedFiles / job.plannedFiles : 0));
  if (facts.length > 0) progress.append(small(facts.join(" · ")));
  const failed = number(job.failedFiles > 0 ? element("span", { class: "bad" }, whole.format(job.failedFiles)) : "0");
  return [name(job.path, small(job.id)), cell(job.kind.toLowerCase()), stateCell, progress, failed, number(clock(job.createdMillis))];
}

function figure(title, value) {
  return element("div", {}, element("dt", {}, title), element("dd", {}, value));
}

function figures(overview) {
  const made = [];
  if (!overview.workers.problem) {
    const live = overview.workers.rows.filter((worker) => worker.state !== "LOST");
    const sum = (field) => live.reduce((total, worker) => total + worker[field], 0);
    made.push(figure("Workers", `${live.length} of ${overview.workers.rows.length} live`));
    made.push(figure("Cached", `${bytes(sum("usedBytes"))} of ${bytes(sum("capacityBytes"))}`));
    made.push(figure("Cached files", whole.format(sum("cachedFiles"))));
  }
  if (!overview.mounts.problem) made.push(figure("Mounts", whole.format(overview.mounts.rows.length)));
  if (!overview.jobs.problem) {
    made.push(figure("Jobs running", whole.format(overview.jobs.rows.filter((job) => job.state === "RUNNING").length)));
  }
  document.getElementById("figures").replaceChildren(...made);
}

function draw(overview) {
  figures(overview);
  show("jobs", overview.jobs, ["No job has run yet. ", code("millrace job load --path PATH --submit"), " starts one."],
    (rows) => table(["Path", "Kind", "State", "Progress", ">Failed", ">Created"], rows.map(jobRow)));
  show("workers", overview.workers, ["No worker has registered."],
    (rows) => table(["Worker", "State", "Cache", ">Files", ">Heard"], rows.map((row) => workerRow(row, overview.asOfMillis))));
  show("mounts", overview.mounts, ["Nothing is mounted. ", code("millrace mount add PATH URI"), " mounts a bucket."],
    (rows) => table(["Path", "Bucket", "Credentials", ">Max age"], rows.map(mountRow)));
}

function link(kind, text) {
  const place = document.getElementById("link");
  place.dataset.state = kind;
  if (place.textContent !== text) place.textContent = text;
  document.body.classList.toggle("stale", kind === "lost");
}

let last = 0;

function follow() {
  const source = new EventSource("api/console/v1/events");
  source.onmessage = (event) => {
    last = Date.now();
    draw(JSON.parse(event.data));
    link("live", "live");
  };
  source.onerror = () => {
    link("lost", last ? `The console has not answered since ${new Date(last).toLocaleTimeString()}; trying again.`
      : "The console does not answer; trying again.");
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  };
}

follow();
