//! The screen.

use jiff::Timestamp;

use super::document::{Document, Level, Problem, State};
use crate::clock::age;
use crate::output::{Screen, Tone};

/// Most entries of a section. A program reads all of them.
const MOST: usize = 20;

pub(super) fn screen(document: &Document, now: Timestamp) -> Screen {
    let mut screen = Screen::default();
    head(&mut screen, document);
    problems(&mut screen, document, now);
    let stale = document.stale.iter().map(|it| {
        let ago = ago(&it.last_reconciled, now);
        vec![(0, format!("{}, last reconciled {ago}", it.object)), (2, format!("next: {}", it.next))]
    });
    section(&mut screen, "Stale", stale);
    counts(&mut screen, document);
    let suspended = document.suspended.iter().map(|it| vec![(0, it.to_string())]);
    section(&mut screen, "Suspended", suspended);
    let sources = document.sources.iter().map(|it| {
        let fetched = if it.fetched.is_empty() { "never".to_owned() } else { ago(&it.fetched, now) };
        vec![(0, format!("{}, {fetched}", it.object))]
    });
    section(&mut screen, "Sources, last fetched", sources);
    rights(&mut screen, document);
    screen
}

fn head(screen: &mut Screen, document: &Document) {
    let summary = document.summary();
    match document.level {
        Level::Ok => screen.signed(Tone::Good, "✔", format!("healthy: {summary}")),
        Level::Warning => screen.signed(Tone::Pending, "✗", format!("not healthy: {summary}")),
        Level::Critical => screen.signed(Tone::Bad, "✗", format!("not healthy: {summary}")),
    }
    let flux = &document.flux;
    let mut parts = vec![format!("Flux {}", flux.version.as_deref().unwrap_or("(unknown version)"))];
    if let Some(tool) = &flux.managed_by {
        parts.push(format!("managed by {tool}"));
    } else if flux.bootstrapped {
        parts.push("bootstrapped".into());
    }
    parts.push(format!("Kubernetes {}", document.kubernetes.as_deref().unwrap_or("(unknown version)")));
    let ready = document.controllers.iter().filter(|controller| controller.ready).count();
    if !document.controllers.is_empty() {
        parts.push(format!("{ready} of {} controllers ready", document.controllers.len()));
    }
    if let Some(namespace) = &document.namespace {
        parts.push(format!("namespace {namespace}"));
    }
    screen.indented(2, parts.join(", "));
}

fn counts(screen: &mut Screen, document: &Document) {
    let rows = document.counts.iter().filter_map(|it| {
        let numbers = vec![it.ready, it.failed, it.waiting + it.progressing, it.suspended];
        (numbers.iter().sum::<u64>() > 0).then(|| (it.kind.to_owned(), numbers))
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    screen.blank();
    screen.counts(
        vec!["Kind", "Ready", "Failed", "Pending", "Suspended"],
        vec![Tone::Good, Tone::Bad, Tone::Pending, Tone::Pending],
        rows,
    );
}

fn problems(screen: &mut Screen, document: &Document, now: Timestamp) {
    let down: Vec<_> = document.controllers.iter().filter(|controller| !controller.ready).collect();
    if down.is_empty() && document.not_ready.is_empty() && !document.lacks_controllers {
        return;
    }
    screen.blank();
    screen.heading("Not ready");
    for controller in &down {
        screen.signed(Tone::Bad, "✗", format!("Deployment {}/{}", controller.namespace, controller.name));
        screen.indented(2, controller.message.clone());
    }
    if document.lacks_controllers {
        screen.signed(Tone::Bad, "✗", "no Flux controllers found");
    }
    if !down.is_empty() || document.lacks_controllers {
        screen.indented(2, "next: flux check");
    }
    for problem in document.not_ready.iter().take(MOST) {
        let Problem { object, state, message, since, next, .. } = problem;
        let (tone, sign) = match state {
            State::Failed => (Tone::Bad, "✗"),
            State::Waiting | State::Progressing => (Tone::Pending, "◎"),
        };
        let since = since.parse().map(|since| format!(" for {}", age(now, since))).unwrap_or_default();
        screen.signed(tone, sign, format!("{object}: {}{since}", state.as_str()));
        if !message.trim().is_empty() {
            screen.indented(2, message.clone());
        }
        screen.indented(2, format!("next: {next}"));
    }
    more(screen, document.not_ready.len());
}

/// A heading and entries of lines with their indentation.
fn section(screen: &mut Screen, title: &str, entries: impl ExactSizeIterator<Item = Vec<(usize, String)>>) {
    let count = entries.len();
    if count == 0 {
        return;
    }
    screen.blank();
    screen.heading(title);
    for (indent, text) in entries.take(MOST).flatten() {
        screen.indented(indent, text);
    }
    more(screen, count);
}

/// Says that there is more than fits the screen.
fn more(screen: &mut Screen, count: usize) {
    if count > MOST {
        screen.indented(0, format!("… and {} more: flux status -o yaml", count - MOST));
    }
}

/// Says which permissions are missing, a line for each verb and namespace.
fn rights(screen: &mut Screen, document: &Document) {
    if document.unread.is_empty() {
        return;
    }
    screen.blank();
    screen.heading("Missing permissions");
    let mut places: Vec<(&str, Option<&str>)> = Vec::new();
    for unread in &document.unread {
        let place = (unread.verb, unread.namespace.as_deref());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    for (verb, namespace) in places {
        let of_place =
            document.unread.iter().filter(|it| (it.verb, it.namespace.as_deref()) == (verb, namespace));
        let resources: Vec<&str> = of_place.map(|it| it.resource.as_str()).collect();
        let place =
            namespace.map_or("the whole cluster".to_owned(), |namespace| format!("namespace {namespace}"));
        screen.indented(0, format!("{verb} in {place}: {}", resources.join(", ")));
    }
}

fn ago(time: &str, now: Timestamp) -> String {
    time.parse().map_or_else(|_| time.to_owned(), |time| format!("{} ago", age(now, time)))
}
