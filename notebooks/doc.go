// Package notebooks is the folder of the walkthrough's notebooks. It has no
// code: its tests check that links in the notebooks and in the README resolve,
// and that the cells the README names exist.
package notebooks
