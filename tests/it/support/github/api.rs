//! The REST API of the GitHub stand-in: one call in, one status and body out.

use serde_json::{Value, json};

use super::world::{Key, TokenRights, World, permissions};

/// The longest list that is given in one page.
const PER_PAGE: usize = 100;

/// An answer before it is put on the wire.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Value,
}

fn reply(status: u16, body: Value) -> Reply {
    Reply { status, headers: Vec::new(), body }
}

fn message(status: u16, text: &str) -> Reply {
    reply(status, json!({ "message": text }))
}

fn not_found() -> Reply {
    message(404, "Not Found")
}

fn invalid(detail: &str) -> Reply {
    let errors = json!([{ "code": "custom", "message": detail }]);
    reply(422, json!({ "message": "Validation Failed", "errors": errors }))
}

/// What came in, as far as the API looks at it.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// The path below the API's base, percent-decoded.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) accept: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) body: &'a Value,
}

/// Answers a call.
pub(super) fn answer(world: &mut World, base: &str, asked: &Asked<'_>) -> Reply {
    let Some(rights) = asked.token.and_then(|token| world.tokens.get(token)).cloned() else {
        return message(401, "Bad credentials");
    };
    let segments: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let mut reply = route(world, base, asked, &rights, &segments);
    if let Some(scopes) = &rights.scopes {
        reply.headers.push(("x-oauth-scopes", scopes.join(", ")));
    }
    reply
}

fn route(world: &mut World, base: &str, asked: &Asked<'_>, rights: &TokenRights, segments: &[&str]) -> Reply {
    let login = &rights.login;
    let administers = asked.method != "GET" && segments.contains(&"repos");
    match (asked.method, segments) {
        _ if administers && rights.reads_settings_only => {
            message(403, "Resource not accessible by personal access token")
        }
        ("GET", ["user"]) => reply(200, json!({ "login": login, "type": "User" })),
        ("GET", ["users", name]) if world.organisations.contains_key(*name) => {
            reply(200, json!({ "login": name, "type": "Organization" }))
        }
        ("GET", ["users", name]) if world.users.contains(*name) => {
            reply(200, json!({ "login": name, "type": "User" }))
        }
        ("POST", ["user", "repos"]) => {
            let owner = login.clone();
            create(world, base, asked, rights, &owner)
        }
        ("POST", ["orgs", owner, "repos"]) if world.organisations.contains_key(*owner) => {
            create(world, base, asked, rights, owner)
        }
        ("GET", ["orgs", owner, "teams", team]) => match world.organisations.get(*owner) {
            Some(teams) if teams.contains(*team) && sees_teams(rights) => reply(200, json!({ "slug": team })),
            _ => not_found(),
        },
        (_, ["orgs", owner, "teams", team, "repos", _, name]) => {
            team_access(world, base, asked, rights, owner, team, name)
        }
        (_, ["repos", owner, name, rest @ ..]) => {
            let full = format!("{owner}/{name}");
            match world.role(login, &full) {
                Some(role) => repository(world, base, asked, login, &full, &role, rest),
                None => not_found(),
            }
        }
        _ => not_found(),
    }
}

fn sees_teams(rights: &TokenRights) -> bool {
    let org = |scope: &String| scope.ends_with(":org");
    rights.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(org))
}

fn create(world: &mut World, base: &str, asked: &Asked<'_>, rights: &TokenRights, owner: &str) -> Reply {
    let Some(name) = asked.body["name"].as_str() else { return invalid("name is missing") };
    let visibility = asked.body["visibility"].as_str().unwrap_or(if asked.body["private"] == true {
        "private"
    } else {
        "public"
    });
    let scope = |scope: &String| scope == "repo" || (scope == "public_repo" && visibility == "public");
    if rights.scopes.as_ref().is_some_and(|scopes| !scopes.iter().any(scope)) {
        return not_found();
    }
    let full = format!("{owner}/{name}");
    if world.repositories.contains_key(&full) {
        return invalid("name already exists on this account");
    }
    world.add_repository(&full, visibility);
    reply(201, world.describe(&full, &rights.login, base))
}

fn team_access(
    world: &mut World,
    base: &str,
    asked: &Asked<'_>,
    rights: &TokenRights,
    owner: &str,
    team: &str,
    name: &str,
) -> Reply {
    let full = format!("{owner}/{name}");
    let known = world.organisations.get(owner).is_some_and(|teams| teams.contains(team));
    if !known || !world.repositories.contains_key(&full) {
        return not_found();
    }
    match asked.method {
        "GET" => match world.repositories[&full].teams.get(team).cloned() {
            None => not_found(),
            Some(_) if !asked.accept.contains("repository+json") => reply(204, Value::Null),
            Some(level) => {
                let mut body = world.describe(&full, &rights.login, base);
                body["permissions"] = permissions(&level);
                reply(200, body)
            }
        },
        "PUT" => {
            let level = asked.body["permission"].as_str().unwrap_or_default();
            if permissions(level)["pull"] != true {
                return invalid("permission is not known");
            }
            let repository = world.repositories.get_mut(&full).expect("checked above");
            repository.teams.insert(team.to_owned(), level.to_owned());
            reply(204, Value::Null)
        }
        _ => not_found(),
    }
}

fn repository(
    world: &mut World,
    base: &str,
    asked: &Asked<'_>,
    login: &str,
    full: &str,
    role: &str,
    rest: &[&str],
) -> Reply {
    let admin = role == "admin";
    match (asked.method, rest) {
        ("GET", []) => reply(200, world.describe(full, login, base)),
        ("GET", ["branches", branch]) => {
            let commits =
                crate::support::repository::Repository::open(&world.root.join(format!("{full}.git")));
            let protected = world.repositories[full].protected.contains(*branch);
            match commits.head(branch) {
                Some(head) => {
                    reply(200, json!({ "name": branch, "commit": { "sha": head }, "protected": protected }))
                }
                None => message(404, "Branch not found"),
            }
        }
        _ if !admin => message(403, "Must have admin rights to Repository."),
        ("PATCH", []) => {
            let repository = world.repositories.get_mut(full).expect("the caller has seen it");
            if let Some(visibility) = asked.body["visibility"].as_str() {
                visibility.clone_into(&mut repository.visibility);
            }
            reply(200, world.describe(full, login, base))
        }
        ("GET", ["keys"]) => {
            let number = |name: &str| {
                let pair = asked.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
                pair.and_then(|value| value.parse::<usize>().ok())
            };
            let per_page = number("per_page").unwrap_or(30).min(PER_PAGE);
            let skip = (number("page").unwrap_or(1) - 1) * per_page;
            let keys = &world.repositories[full].keys;
            reply(200, keys.iter().skip(skip).take(per_page).map(key).collect())
        }
        ("POST", ["keys"]) => add_key(world, asked, full),
        ("DELETE", ["keys", id]) => {
            let repository = world.repositories.get_mut(full).expect("the caller has seen it");
            let before = repository.keys.len();
            repository.keys.retain(|key| key.id.to_string() != *id);
            if repository.keys.len() == before { not_found() } else { reply(204, Value::Null) }
        }
        _ => not_found(),
    }
}

fn add_key(world: &mut World, asked: &Asked<'_>, full: &str) -> Reply {
    let given = asked.body["key"].as_str().unwrap_or_default();
    let parts: Vec<&str> = given.split_ascii_whitespace().take(2).collect();
    if parts.len() != 2 || !parts[1].starts_with("AAAA") {
        return invalid("key is invalid. You must supply a key in OpenSSH public key format");
    }
    let text = parts.join(" ");
    if world.repositories.values().any(|it| it.keys.iter().any(|key| key.public == text)) {
        return invalid("key is already in use");
    }
    world.next_id += 1;
    let new = Key {
        id: world.next_id,
        title: asked.body["title"].as_str().unwrap_or_default().to_owned(),
        public: text,
        read_only: asked.body["read_only"] == true,
    };
    let body = key(&new);
    world.repositories.get_mut(full).expect("the caller has seen it").keys.push(new);
    reply(201, body)
}

fn key(key: &Key) -> Value {
    json!({
        "id": key.id,
        "title": key.title,
        "key": key.public,
        "read_only": key.read_only,
        "verified": true,
        "created_at": "2026-01-01T00:00:00Z",
    })
}
