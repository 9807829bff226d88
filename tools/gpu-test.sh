#!/bin/bash
# Checks a prebuilt program on a machine with an NVIDIA GPU; no cargo, nothing to install, under 8 minutes.
#
#   tools/gpu-test.sh PROGRAM [FOLDER]      PROGRAM: built with `--features cuda`; FOLDER keeps what the checks leave
#
# Prints a line for each check and `N passed, N failed`; fails if one did. What a machine lacks is said and not counted.
set -u
program=$(realpath "${1:?usage: tools/gpu-test.sh PROGRAM [FOLDER]}")
cd "$(dirname "$0")/.."
work=${2:-$(mktemp -d)}
mkdir -p "$work"
passed=0 failed=0 began=$SECONDS

# CUDA's libraries may lie in Python's packages, where no loader looks.
wheels=$(python3 -c 'import nvidia,glob;print(":".join(sorted(p for r in nvidia.__path__ for p in glob.glob(r+"/*/lib"))))' 2>/dev/null)
export LD_LIBRARY_PATH=${wheels:+$wheels:}${LD_LIBRARY_PATH:-}

verdict() { # verdict 0|1 NAME [WHY]
  if [ "$1" = 0 ]; then
    passed=$((passed + 1))
    printf 'ok     %s%s\n' "$2" "${3:+ ($3)}"
  else
    failed=$((failed + 1))
    printf 'FAILED %s%s\n' "$2" "${3:+: $3}"
  fi
}

# The last line that a command said of what went wrong.
reason() { grep -E 'error|rror:|panicked' "$1" | tail -1 | cut -c1-200; }

# A run of so many steps of the quick start's first variant: train OUT STEPS DEVICE [FLAGS..]
train() {
  local out=$1 steps=$2 device=$3
  shift 3
  "$program" run experiments/uv-completion/cpu/uv-gan.toml --out "$out" --device "$device" \
    --set losses.identity.enabled=false --set stages.recognition.enabled=false --set "stages.completion.length=$steps steps" \
    --set 'evaluate.every=1000 steps' "$@" >"$out.log" 2>&1
}

# The stages that an experiment trains, as flags that give each so many steps.
stages() { # stages FILE STEPS [FLAGS..]
  local file=$1 steps=$2
  shift 2
  "$program" check "$file" "$@" 2>/dev/null | sed -n "s/^stage \([a-z0-9-]*\) .*/--set\nstages.\1.length=$steps steps/p" | sort -u -r
}

# The same few steps on both devices: losses and gradients of all that the experiment trains.
same() { # same NAME FILE STEPS [FLAGS..]
  local name=$1 file=$2 steps=$3 device out
  shift 3
  if [ $((SECONDS - began)) -gt 330 ]; then
    echo "no time left for: $name"
    return
  fi
  local lengths=()
  while IFS= read -r flag; do lengths+=("$flag"); done < <(stages "$file" "$steps" "$@")
  mkdir -p "$work/cache"
  for device in cpu cuda; do
    out=$work/$(printf '%s' "$name" | tr -c 'a-z0-9\n' -)-$device
    mkdir -p "$out"
    ln -sfn "$work/cache" "$out/cache"
    if ! "$program" run "$file" --out "$out" --device "$device" "${lengths[@]}" --set 'evaluate.every=1000 epochs' "$@" >"$out.log" 2>&1; then
      verdict 1 "$name: on $device" "$(reason "$out.log")"
      return
    fi
    losses "$out" 50 >"$out.numbers"
  done
  worst=$(apart "${out%-cuda}-cuda.numbers" "${out%-cuda}-cpu.numbers")
  awk -v worst="$worst" 'BEGIN { exit !(worst + 0 == worst && worst < 2e-2) }'
  verdict $? "$name: losses and gradients are the CPU's" "$worst"
}

# Losses and gradient norms of the first N steps, a number a line.
losses() { # losses OUT N
  cat "$1"/cells/*/records.jsonl | grep '"event":"step"' | head -n "$2" |
    grep -oE '"(raw|gradient-norm)":[-+0-9.eE]+' | cut -d: -f2
}

# The parameters that a run ended with.
weights() { cat "$1"/cells/*/checkpoints/last.safetensors | sha256sum | cut -c1-16; }

# Largest relative difference of two lists of numbers; `different lengths` where they are.
apart() {
  paste "$1" "$2" | awk 'NF != 2 { bad = 1 } { d = $1 - $2; if (d < 0) d = -d; m = $2 < 0 ? -$2 : $2; if (m < 1e-6) m = 1e-6; if (d / m > worst) worst = d / m; n++ }
    END { if (bad || n == 0) print "different lengths"; else printf "%.1e\n", worst }'
}

"$program" doctor | tee "$work/doctor.log"
grep -q 'on the GPU' "$work/doctor.log"
verdict $? "the program finds the GPU"

# Every operation, forward and backward, against the CPU; twice, for the same bits.
"$program" doctor --ops >"$work/ops.log" 2>&1
while read -r state name; do
  case $state in
    ok) verdict 0 "op: $name" ;;
    FAILED) verdict 1 "op: $name" ;;
  esac
done <"$work/ops.log"
grep -q ' passed, ' "$work/ops.log"
verdict $? "all operations were compared" "$(reason "$work/ops.log")"

# Two steps of a GAN (generator, two discriminators, Adam) on both devices.
for experiment in uv-gan attention-res-cunet-gan; do
  for device in cpu cuda; do
    out=$work/$experiment-$device
    "$program" run "experiments/uv-completion/cpu/$experiment.toml" --out "$out" --device "$device" \
      --set losses.identity.enabled=false --set stages.recognition.enabled=false --set 'stages.completion.length=2 steps' \
      --set train.batch=4 >"$out.log" 2>&1 || verdict 1 "$experiment: two steps on $device" "$(reason "$out.log")"
    losses "$out" 2 >"$out.numbers" 2>/dev/null
  done
  worst=$(apart "$work/$experiment-cuda.numbers" "$work/$experiment-cpu.numbers")
  awk -v worst="$worst" 'BEGIN { exit !(worst + 0 == worst && worst < 1e-2) }'
  verdict $? "$experiment: losses and gradients of two steps are the CPU's" "$worst"
done

# Two runs with one seed; a third is killed and goes on.
for run in first second; do
  train "$work/$run" 60 cuda --set 'run.checkpoint.every=20 steps' || verdict 1 "$run run with one seed" "$(reason "$work/$run.log")"
done
[ -n "$(weights "$work/first" 2>/dev/null)" ] && [ "$(weights "$work/first")" = "$(weights "$work/second")" ]
verdict $? "two runs with one seed end in the same bits"
train "$work/killed" 60 cuda --set 'run.checkpoint.every=20 steps' &
child=$!
for _ in $(seq 600); do
  grep -q checkpoint "$work"/killed/cells/*/records.jsonl 2>/dev/null && break
  kill -0 $child 2>/dev/null || break
  sleep 0.1
done
pkill -9 -P $child 2>/dev/null
wait $child 2>/dev/null
train "$work/killed" 60 cuda --set 'run.checkpoint.every=20 steps' --resume
[ "$(weights "$work/killed" 2>/dev/null)" = "$(weights "$work/first" 2>/dev/null)" ]
verdict $? "a run that was killed goes on to the same bits" "$(reason "$work/killed.log")"

# Two hundred steps of the quick start, both variants.
start=$SECONDS
"$program" run experiments/quickstart.toml --out "$work/long" --device cuda --set 'stages.completion.length=200 steps' \
  --set 'evaluate.every=1000 steps' >"$work/long.log" 2>&1
verdict $? "200 steps of the quick start" "$((SECONDS - start)) s$(reason "$work/long.log")"
losses "$work/long" 400 | grep -qiE 'nan|inf'
verdict $((1 - $?)) "their losses are finite"

# Every network: the generators' parts one by one, the other systems, the embeddings.
small=experiments/uv-completion/cpu/attention-res-cunet-gan.toml
short=(--set train.batch=2 --set datasets.pairs.identities=4 --set losses.identity.enabled=false --set stages.recognition.enabled=false)
for encoder in resnet18 resnet34 resnet50 resnet101 efficientnet-b0; do
  same "encoder $encoder" "$small" 1 "${short[@]}" --set "nodes.generator.encoder=\"$encoder\""
done
for gate in none grid-gate squeeze-excite cbam; do
  same "gate $gate" "$small" 1 "${short[@]}" --set report.figures.attention.enabled=false --set "nodes.generator.gate=\"$gate\""
done
for fusion in concat sum softmax-weighted replace none; do
  same "fusion $fusion" "$small" 1 "${short[@]}" --set "nodes.generator.fusion=\"$fusion\""
done
for file in experiments/uv-completion/cpu/*.toml; do same "$(basename "$file" .toml)" "$file" 1 "${short[@]}"; done
for embedding in small-resnet iresnet50 ir-se-50 light-cnn-29-v2 inception-resnet-v1; do
  same "embedding $embedding" benches/vs_pytorch/recognition.toml 1 --set train.batch=4 --set datasets.faces.identities=4 \
    --set "nodes.network.use=\"embedding/$embedding\""
done
for file in experiments/*.toml experiments/*/*.toml; do
  case $file in experiments/uv-completion/*) continue ;; esac
  # What extends something, is a study, or wants files that are not here is left to other checks.
  if grep -qE '^partial|^\[study|^root ' "$file" || ! grep -q 'synthetic' "$file"; then continue; fi
  same "$(basename "$file" .toml)" "$file" 1 --set train.batch=2
done

# Two GPUs as one, where there are two.
if [ "$(grep -c '^gpu ' "$work/doctor.log")" -ge 2 ]; then
  train "$work/one-gpu" 20 cuda:0 --set train.batch=8
  train "$work/two-gpus" 20 cuda:0,1 --set train.batch=8
  verdict $? "training on two GPUs" "$(reason "$work/two-gpus.log")"
  losses "$work/one-gpu" 20 >"$work/one-gpu.numbers"
  losses "$work/two-gpus" 20 >"$work/two-gpus.numbers"
  worst=$(apart "$work/two-gpus.numbers" "$work/one-gpu.numbers")
  awk -v worst="$worst" 'BEGIN { exit !(worst + 0 == worst && worst < 2e-2) }'
  verdict $? "two GPUs train as one" "$worst"
else
  echo "one GPU: training on several was not checked"
fi

# Own kernels under NVIDIA's checkers, as far as time is left.
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck; do
    [ $((SECONDS - began)) -lt 300 ] || { echo "no time left for compute-sanitizer $tool"; continue; }
    timeout 120 compute-sanitizer --tool $tool --error-exitcode 3 "$program" doctor --ops >"$work/$tool.log" 2>&1
    verdict $? "compute-sanitizer $tool" "$(grep 'ERROR SUMMARY' "$work/$tool.log" | tail -1)"
  done
else
  echo "compute-sanitizer is not installed: memory and races of the kernels were not checked"
fi

echo "$passed passed, $failed failed"
[ $failed = 0 ]
