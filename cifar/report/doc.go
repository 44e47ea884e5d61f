// Package report shows what a model says about labeled pictures, whichever
// data set they are from. A trained model's answers become Predictions, from
// which the reports come:
//
//	predictions, err := report.Predict(ctx, model, test, data.Classes)
//	display.Show(predictions.Report(), predictions.Confusion(), predictions.Mistakes(12))
//	predictions.Save("model1")
//
// Save keeps them with the run (layers.Run) that trained the model, and Compare
// sets the runs of several models side by side. Observe says in sentences what
// a run's history shows.
//
// Everything that is shown (Grid, Report, Observations, ...) is a
// display.Displayer: it has a rich form for notebooks and a text form for
// terminals and logs.
package report
