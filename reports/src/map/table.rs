//! The matrix: a row for each loss, a column for each objective.

use super::{Cell, Kind, Picture, Row, State, escaped};
use std::fmt::Write;

/// Writing to a string cannot fail.
macro_rules! put {
    ($html:expr, $($what:tt)*) => { let _ = write!($html, $($what)*); };
}

/// The table, and the boxes that its cells open.
pub(super) fn html(picture: &Picture) -> String {
    let mut html = String::from("<div class=\"scroll\"><table>");
    heads(&mut html, picture);
    let mut boxes = String::new();
    let mut kind = None;
    for (number, row) in picture.rows.iter().enumerate() {
        if kind != Some(row.kind) {
            kind = Some(row.kind);
            put!(
                html,
                "<tr class=\"kind\"><th colspan=\"{}\" scope=\"rowgroup\">{}</th></tr>",
                picture.heads.len() + 2,
                title(row.kind)
            );
        }
        put!(html, "<tr><th scope=\"row\">{}</th><td class=\"after\">{}</td>", escaped(&row.loss), escaped(&row.after));
        for (column, cell) in row.cells.iter().enumerate() {
            let id = format!("c{number}-{column}");
            put!(
                html,
                "<td class=\"{}\"><button popovertarget=\"{id}\">{}</button></td>",
                class(cell.state),
                escaped(&cell.text)
            );
            put!(boxes, "{}", opened(&id, picture, row, column, cell));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    html + &boxes
}

fn heads(html: &mut String, picture: &Picture) {
    html.push_str("<thead><tr><td colspan=\"2\"></td>");
    let mut place = 0;
    while let Some(head) = picture.heads.get(place) {
        let together = picture.heads[place..].iter().take_while(|next| next.group == head.group).count();
        put!(html, "<th class=\"group\" colspan=\"{together}\" scope=\"colgroup\">{}</th>", escaped(&head.group));
        place += together;
    }
    html.push_str("</tr><tr><th scope=\"col\">What is lost</th><th scope=\"col\">Who goes on</th>");
    for head in &picture.heads {
        put!(
            html,
            "<th class=\"head\" scope=\"col\">{}<span>{}</span></th>",
            escaped(&head.name),
            escaped(&head.objective)
        );
    }
    html.push_str("</tr></thead><tbody>");
}

fn opened(id: &str, picture: &Picture, row: &Row, column: usize, cell: &Cell) -> String {
    let name = picture.heads.get(column).map_or("", |head| head.name.as_str());
    let mut html = format!(
        "<div popover id=\"{id}\" class=\"{}\"><h3>{}</h3><p class=\"loss\">{}: {}</p><ol>",
        class(cell.state),
        escaped(name),
        escaped(&row.loss),
        words(cell.state)
    );
    for line in &cell.arithmetic {
        put!(html, "<li>{}</li>", escaped(line));
    }
    html.push_str("</ol></div>");
    html
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::OneSite => "One site lost",
        Kind::Sites => "Several sites lost at once",
        Kind::Cut => "Sites that hear the others, and are not heard by them",
        Kind::Link => "One link lost",
        Kind::Dependency => "Something lost that others provide",
        Kind::Corruption => "The data itself",
    }
}

fn class(state: State) -> &'static str {
    match state {
        State::Survives => "survives",
        State::Disputed => "disputed",
        State::Unstated => "unstated",
        State::Lost => "lost",
    }
}

/// A state in words.
pub(super) fn words(state: State) -> &'static str {
    match state {
        State::Survives => "the objective is met",
        State::Disputed => "met by the plan's parameters or by its claims, not by both",
        State::Unstated => "the plan does not say enough",
        State::Lost => "the objective is not met",
    }
}
