package parameters

import (
	"errors"
	"fmt"
	"go/types"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// goExpression writes a value as an expression of a type. The comment explains
// it where the expression does not.
func goExpression(v Value, t types.Type) (expr, comment string, err error) {
	if isDuration(t) {
		if text, ok := v.Value.(string); ok {
			d, err := time.ParseDuration(text)
			if err != nil {
				return "", "", err
			}
			return strconv.FormatInt(int64(d), 10), " // " + d.String(), nil
		}
	}
	if basic, ok := t.Underlying().(*types.Basic); ok && basic.Info()&types.IsString != 0 && v.Text != "" {
		return strconv.Quote(v.Text), "", nil // what looks like a number was typed for a string
	}
	expr, err = goLiteral(v.Value, t)
	return expr, "", err
}

func isDuration(t types.Type) bool {
	named, ok := t.(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Duration"
}

// goLiteral writes a value as a literal of a type.
func goLiteral(v any, t types.Type) (string, error) {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basicLiteral(v, t, u)
	case *types.Slice:
		return listLiteral(v, t, u.Elem(), -1)
	case *types.Array:
		return listLiteral(v, t, u.Elem(), u.Len())
	case *types.Map:
		return mapLiteral(v, t, u)
	case *types.Struct:
		return structLiteral(v, t, u)
	case *types.Pointer:
		if v == nil {
			return "nil", nil
		}
		if _, ok := u.Elem().Underlying().(*types.Struct); ok {
			literal, err := goLiteral(v, u.Elem())
			return "&" + literal, err
		}
	case *types.Interface:
		if u.Empty() {
			return naturalGo(v)
		}
	}
	return "", fmt.Errorf("a %s cannot be given from outside", typeString(t))
}

func basicLiteral(v any, t types.Type, basic *types.Basic) (string, error) {
	info := basic.Info()
	switch v := v.(type) {
	case bool:
		if info&types.IsBoolean != 0 {
			return strconv.FormatBool(v), nil
		}
	case string:
		if info&types.IsString != 0 {
			return strconv.Quote(v), nil
		}
	case *big.Int:
		if info&types.IsFloat != 0 {
			return v.String(), nil
		}
		if info&(types.IsInteger|types.IsComplex) != 0 {
			return v.String(), nil
		}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", errors.New("there is no literal for infinities and NaN in Go")
		}
		if info&(types.IsFloat|types.IsComplex) != 0 {
			return floatLiteral(v), nil
		}
		if info&types.IsInteger != 0 && v == math.Trunc(v) {
			whole, _ := big.NewFloat(v).Int(nil)
			return whole.String(), nil
		}
	}
	return "", fmt.Errorf("want a %s, got %s", typeString(t), shownValue(v))
}

func listLiteral(v any, t, element types.Type, length int64) (string, error) {
	list, ok := v.([]any)
	if !ok {
		if v == nil && length < 0 {
			return "nil", nil
		}
		return "", fmt.Errorf("want a list for %s, got %s", typeString(t), shownValue(v))
	}
	if length >= 0 && int64(len(list)) != length {
		return "", fmt.Errorf("want %d elements for %s, got %d", length, typeString(t), len(list))
	}
	var parts []string
	for i, e := range list {
		part, err := goLiteral(e, element)
		if err != nil {
			return "", fmt.Errorf("element %d: %w", i, err)
		}
		parts = append(parts, part)
	}
	return typeString(t) + "{" + strings.Join(parts, ", ") + "}", nil
}

func mapLiteral(v any, t types.Type, m *types.Map) (string, error) {
	object, ok := v.(map[string]any)
	if !ok {
		if v == nil {
			return "nil", nil
		}
		return "", fmt.Errorf("want an object for %s, got %s", typeString(t), shownValue(v))
	}
	var parts []string
	for _, name := range sortedKeys(object) {
		key, _, err := goExpression(Value{Text: name, Value: scalar(name)}, m.Key())
		if err != nil {
			return "", fmt.Errorf("key %q: %w", name, err)
		}
		element, err := goLiteral(object[name], m.Elem())
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		parts = append(parts, key+": "+element)
	}
	return typeString(t) + "{" + strings.Join(parts, ", ") + "}", nil
}

func structLiteral(v any, t types.Type, s *types.Struct) (string, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return "", fmt.Errorf("want an object for %s, got %s", typeString(t), shownValue(v))
	}
	fields := map[string]types.Type{}
	for i := range s.NumFields() {
		fields[s.Field(i).Name()] = s.Field(i).Type()
	}
	var parts []string
	for _, name := range sortedKeys(object) {
		field, ok := fields[name]
		if !ok {
			return "", fmt.Errorf("%s has no field %s", typeString(t), name)
		}
		value, err := goLiteral(object[name], field)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		parts = append(parts, name+": "+value)
	}
	return typeString(t) + "{" + strings.Join(parts, ", ") + "}", nil
}

// naturalGo writes a value by what it is.
func naturalGo(v any) (string, error) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), nil
	case string:
		return strconv.Quote(v), nil
	case *big.Int:
		return v.String(), nil
	case float64:
		return basicLiteral(v, types.Typ[types.Float64], types.Typ[types.Float64])
	}
	return "", fmt.Errorf("%s needs a type: declare it in a cell tagged %q", shownValue(v), Tag)
}

// shownValue is a value in an error text.
func shownValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(v)
}
