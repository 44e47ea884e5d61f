// Package cifar holds what the notebooks need about CIFAR-10: the data set,
// the walkthrough's models 1 to 3, and the pictures, tables and findings that
// are drawn from them.
//
// Load is the way in:
//
//	data, err := cifar.Load(ctx)
//	train := data.Train.Normalize(255)
//
// It takes the data from a folder or archive of your own (From, or the
// environment variable CIFAR10_DIR), else from the cache, else from the
// official archive, which it downloads, checks and extracts once. Where
// nothing can be reached it generates a small set of drawings of the same ten
// classes in the same form, and Dataset.Banner says so.
//
// LoadFolder makes a data set of a folder of your own pictures, Load100 loads
// CIFAR-100.
//
// A trained model's answers become Predictions, from which the reports come:
//
//	predictions, err := cifar.Predict(ctx, model, test, data.Classes)
//	display.Show(predictions.Report(), predictions.Confusion(), predictions.Mistakes(12))
//	predictions.Save("model1")
//
// Save keeps them with the run (layers.Run) that trained the model, and Compare
// sets the runs of several models side by side.
//
// Everything that is shown (Grid, Report, Observations, ...) is a
// display.Displayer: it has a rich form for notebooks and a text form for
// terminals and logs.
package cifar
