// Package markup shows Markdown and HTML of notebooks and of documentation
// where no browser does: as text for a terminal, and Markdown as HTML that is
// safe to put into a page.
package markup
