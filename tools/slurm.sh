#!/bin/bash
# A Slurm of one machine, for tests and for trying out: everything it keeps lies in one folder, and nothing of the machine's
# own configuration is touched.
#
#   tools/slurm.sh start FOLDER    starts munge, slurmctld and slurmd, and waits until they take jobs;
#                                  `export SLURM_CONF=FOLDER/slurm.conf` then points sbatch, squeue and scontrol there
#   tools/slurm.sh stop FOLDER     ends them
#
# Needs Debian's `slurm-wlm` and `munge`.
set -euo pipefail

folder=$(realpath -m "${2:?usage: tools/slurm.sh start|stop FOLDER}")
export SLURM_CONF=$folder/slurm.conf
PATH=$PATH:/usr/sbin:/sbin

free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

start() {
  local host user as_root=
  host=$(hostname -s)
  user=$(id -un)
  [ "$(id -u)" -eq 0 ] && as_root=--force
  mkdir -p "$folder"/{state,spool,munge}
  # munge wants folders that no other user can write to.
  chmod 0700 "$folder" "$folder/munge"
  dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none
  chmod 0600 "$folder/munge/key"
  cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
AuthType=auth/munge
# A task that was put back into the queue waits until its old credential has expired.
AuthInfo=socket=$folder/munge/socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=10
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo) State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  munged $as_root --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
    --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
  slurmctld
  slurmd
  for _ in $(seq 300); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && return
    sleep 0.2
  done
  echo "the node does not come up; see $folder/*.log" >&2
  stop
  exit 1
}

# Ends the process of a file and waits for it.
end() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
}

stop() {
  scancel --me 2>/dev/null || true
  end "$folder/slurmd.pid"
  end "$folder/slurmctld.pid"
  end "$folder/munge/pid"
}

case $1 in
  start) start ;;
  stop) stop ;;
  *) echo "usage: tools/slurm.sh start|stop FOLDER" >&2; exit 2 ;;
esac
