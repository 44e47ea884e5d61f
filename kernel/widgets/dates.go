package widgets

import (
	"encoding/json"
	"fmt"
	"time"
)

// DatePicker is a field for a date, at midnight UTC; none is the zero Time.
func DatePicker(value time.Time, options ...Option) *Control[time.Time] {
	return newControl("DatePicker", "value", value, timeForm(false, time.UTC), nil, nil, options)
}

// DatetimePicker is a field for a moment; none is the zero Time.
func DatetimePicker(value time.Time, options ...Option) *Control[time.Time] {
	return newControl("DatetimePicker", "value", value, timeForm(true, time.UTC), nil, nil, options)
}

// NaiveDatetimePicker is a field for a date and a time of day, in no zone: its
// value says UTC.
func NaiveDatetimePicker(value time.Time, options ...Option) *Control[time.Time] {
	return newControl("NaiveDatetimePicker", "value", value, timeForm(true, time.UTC), nil, nil, options)
}

// TimePicker is a field for a time of day: what has passed since midnight. None
// is negative.
func TimePicker(value time.Duration, options ...Option) *Control[time.Duration] {
	return newControl("TimePicker", "value", value, clockForm, nil, nil, options)
}

// moment is a date and a time of day as the widgets' JavaScript has them: months
// count from 0.
type moment struct {
	Year         int  `json:"year"`
	Month        int  `json:"month"`
	Date         int  `json:"date"`
	Hours        *int `json:"hours,omitempty"`
	Minutes      *int `json:"minutes,omitempty"`
	Seconds      *int `json:"seconds,omitempty"`
	Milliseconds *int `json:"milliseconds,omitempty"`
}

func value(p *int) int {
	if p == nil {
		return 0
	}
	return *p
}

// timeForm is how a moment travels, with or without the time of day.
func timeForm(clock bool, zone *time.Location) form[time.Time] {
	return form[time.Time]{
		encode: func(t time.Time) any {
			if t.IsZero() {
				return nil
			}
			if clock {
				t = t.In(zone)
			}
			m := moment{Year: t.Year(), Month: int(t.Month()) - 1, Date: t.Day()}
			if clock {
				h, min, s, ms := t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1e6
				m.Hours, m.Minutes, m.Seconds, m.Milliseconds = &h, &min, &s, &ms
			}
			return m
		},
		decode: func(raw json.RawMessage, _ []located) (time.Time, error) {
			var m *moment
			if err := json.Unmarshal(raw, &m); err != nil {
				return time.Time{}, fmt.Errorf("want a date, got %.80s", raw)
			}
			if m == nil {
				return time.Time{}, nil
			}
			return time.Date(m.Year, time.Month(m.Month+1), m.Date, value(m.Hours), value(m.Minutes), value(m.Seconds),
				value(m.Milliseconds)*1e6, zone), nil
		},
	}
}

// clockForm is how a time of day travels.
var clockForm = form[time.Duration]{
	encode: func(d time.Duration) any {
		if d < 0 {
			return nil
		}
		return map[string]int{"hours": int(d / time.Hour), "minutes": int(d / time.Minute % 60),
			"seconds": int(d / time.Second % 60), "milliseconds": int(d / time.Millisecond % 1000)}
	},
	decode: func(raw json.RawMessage, _ []located) (time.Duration, error) {
		var m *moment
		if err := json.Unmarshal(raw, &m); err != nil {
			return 0, fmt.Errorf("want a time of day, got %.80s", raw)
		}
		if m == nil {
			return -1, nil
		}
		return time.Duration(value(m.Hours))*time.Hour + time.Duration(value(m.Minutes))*time.Minute +
			time.Duration(value(m.Seconds))*time.Second + time.Duration(value(m.Milliseconds))*time.Millisecond, nil
	},
}
