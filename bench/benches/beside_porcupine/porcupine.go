// Judges histories with Porcupine, each over and over, and prints a line a file: verdict, nanoseconds (the median), path.
//
// Arguments: milliseconds for each file, at least so many rounds, files (*.log: an etcd register, as Jepsen logs it; others: a map
// of strings).
package main

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// What was asked. Registers hold numbers, and maps texts.
type asked struct {
	what     string
	key      string
	text     string
	from, to int
}

// What came of it.
type answer struct {
	lost  bool
	fails bool
	text  string
	value int
}

const absent = -1

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		return absent
	}
	return value
}

var register = porcupine.Model{
	Init: func() interface{} { return absent },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		held, op, out := state.(int), input.(asked), output.(answer)
		switch op.what {
		case ":read":
			return out.lost || out.value == held, held
		case ":write":
			return true, op.to
		}
		swaps := held == op.from
		if swaps {
			return out.lost || !out.fails, op.to
		}
		return out.lost || out.fails, held
	},
	Hash: func(state interface{}) uint64 { return uint64(state.(int)) },
}

var texts = porcupine.Model{
	PartitionEvent: func(history []porcupine.Event) [][]porcupine.Event {
		place := map[string]int{}
		of := map[int]int{}
		var parts [][]porcupine.Event
		for _, event := range history {
			if event.Kind == porcupine.CallEvent {
				key := event.Value.(asked).key
				if _, known := place[key]; !known {
					place[key] = len(parts)
					parts = append(parts, nil)
				}
				of[event.Id] = place[key]
			}
			parts[of[event.Id]] = append(parts[of[event.Id]], event)
		}
		return parts
	},
	Init: func() interface{} { return "" },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		held, op, out := state.(string), input.(asked), output.(answer)
		switch op.what {
		case ":get":
			return out.lost || out.text == held, held
		case ":put":
			return true, op.text
		}
		return true, held + op.text
	},
	Hash: func(state interface{}) uint64 {
		hash := fnv.New64a()
		hash.Write([]byte(state.(string)))
		return hash.Sum64()
	},
}

// Collects events; what never returned gets an answer at the end that is lost.
type reader struct {
	events    []porcupine.Event
	underWay  map[string]int
	processes []string
}

func (r *reader) event(process, kind string, op asked, out answer) {
	if kind == ":invoke" {
		id := len(r.processes)
		r.processes = append(r.processes, process)
		r.underWay[process] = id
		r.events = append(r.events, porcupine.Event{Kind: porcupine.CallEvent, Value: op, Id: id, ClientId: number(process)})
		return
	}
	id, known := r.underWay[process]
	if !known || kind == ":info" {
		return
	}
	delete(r.underWay, process)
	r.events = append(r.events, porcupine.Event{Kind: porcupine.ReturnEvent, Value: out, Id: id, ClientId: number(process)})
}

func (r *reader) end() []porcupine.Event {
	for id, process := range r.processes {
		if last, known := r.underWay[process]; known && last == id {
			r.events = append(r.events, porcupine.Event{Kind: porcupine.ReturnEvent, Value: answer{lost: true}, Id: id})
		}
	}
	return r.events
}

// INFO  jepsen.util - 3 TAB :invoke TAB :cas TAB [1 2]
func (r *reader) etcd(line string) {
	_, told, found := strings.Cut(line, "jepsen.util - ")
	words := strings.Fields(told)
	if !found || len(words) < 4 || !strings.HasPrefix(words[1], ":") {
		return
	}
	op, out := asked{what: words[2]}, answer{fails: words[1] == ":fail", value: number(words[3])}
	switch {
	case words[2] == ":cas" && len(words) > 4:
		op.from, op.to = number(strings.Trim(words[3], "[]")), number(strings.Trim(words[4], "[]"))
	case words[2] == ":write":
		op.to = number(words[3])
	case words[2] == ":read" && words[1] == ":fail":
		out.lost = true
	}
	r.event(words[0], words[1], op, out)
}

// {:process 3, :type :invoke, :f :append, :key "0", :value "x 3 0 y"}
func (r *reader) text(line string) {
	field := func(name string) string {
		_, rest, _ := strings.Cut(line, name+" ")
		if strings.HasPrefix(rest, "\"") {
			text, _, _ := strings.Cut(rest[1:], "\"")
			return text
		}
		word, _, _ := strings.Cut(rest, ",")
		return word
	}
	_, value, _ := strings.Cut(line, ":value ")
	value = strings.Trim(strings.TrimSuffix(value, "}"), "\"")
	r.event(field(":process"), field(":type"), asked{what: field(":f"), key: field(":key"), text: value}, answer{text: value})
}

func read(path string) ([]porcupine.Event, porcupine.Model, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, register, err
	}
	defer file.Close()
	history := &reader{underWay: map[string]int{}}
	take, model := history.text, texts
	if strings.HasSuffix(path, ".log") {
		take, model = history.etcd, register
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		take(lines.Text())
	}
	return history.end(), model, lines.Err()
}

func judge(path string, each time.Duration, rounds int) error {
	events, model, err := read(path)
	if err != nil {
		return err
	}
	var times []time.Duration
	verdict := "fail"
	for begun := time.Now(); len(times) < rounds || time.Since(begun) < each; {
		from := time.Now()
		linearizable := porcupine.CheckEvents(model, events)
		times = append(times, time.Since(from))
		if linearizable {
			verdict = "pass"
		}
	}
	sort.Slice(times, func(one, two int) bool { return times[one] < times[two] })
	fmt.Println(verdict, times[len(times)/2].Nanoseconds(), path)
	return nil
}

func main() {
	each, rounds := time.Duration(number(os.Args[1]))*time.Millisecond, number(os.Args[2])
	for _, path := range os.Args[3:] {
		if err := judge(path, each, rounds); err != nil {
			fmt.Fprintln(os.Stderr, path, err)
			os.Exit(1)
		}
	}
}
