# SPDX-License-Identifier: GPL-2.0
# Security modules in the guest; sourced by test.sh if $LSM is set. Loads a
# policy, and checkpoints and restarts programs from boot to boot: each boot
# leaves an image in /data/lsm/NAME, and restarts all that others have left, and
# containers, which come back in the second boot with the same modules.
# shellcheck shell=bash

dir_lsm=/run/guest/lsm

load_smack()
{
	local rule
	mount -t smackfs smackfs /sys/fs/smackfs || return
	while read -r rule; do
		echo "$rule" > /sys/fs/smackfs/load2 || return
	done < $dir_lsm/smack.rules
	label=App
	box_label=$label
}

load_selinux()
{
	mount -t selinuxfs selinuxfs /sys/fs/selinux || return
	cat /files/selinux.0 > /sys/fs/selinux/load || return
	echo 1 > /sys/fs/selinux/enforce || return
	label=user_u:base_r:app_t:s0
	box_label=$label
}

load_apparmor()
{
	apparmor_parser -K -r $dir_lsm/apparmor.profiles || return
	label='changeprofile ckpt-app'
	box_label='changeprofile ckpt-box'
}

# The list of Debian, less what this kernel is built without.
load_debian()
{
	load_apparmor
}

load_none()
{
	label=
}

load_policy()
{
	"load_$LSM" || return
	echo "# active: $(cat /sys/kernel/security/lsm)"
}

# leave_image: run a program under a label, save it and kill it.
leave_image()
{
	local image=/data/lsm/$LSM pid
	local -a others
	mkdir -p /data/lsm
	rm -f /tmp/lsm-ready
	# After the next boot the ids must be free.
	others=(/data/lsm/*)
	echo $((20000 + 1000 * ${#others[@]})) > /proc/sys/kernel/ns_last_pid
	# shellcheck disable=SC2016
	setsid unshare --ipc bash -c '
		[ -z "$1" ] || printf %s "$1" > /proc/self/attr/current || exit
		exec python3 '$dir_lsm'/program' - "$label" \
		< /dev/null > /dev/null 2>&1 &
	pid=$!
	disown "$pid"
	for _ in {1..600}; do
		[ ! -e /tmp/lsm-ready ] || break
		sleep 0.1
	done
	ckpt checkpoint --kill --image "$image" "$pid" 2>&1
}

# restart_image NAME FLAG...: what becomes of it.
restart_image()
{
	local name=$1
	shift
	touch /tmp/lsm-go
	timeout 60 ckpt restart "$@" --image "/data/lsm/$name" < /dev/null 2>&1
}

# part_labels NAME: whether each of these has its labels behind it.
part_labels()
{
	local kind
	[ "$1" = smack ] || [ "$1" = selinux ] || return 0
	for kind in ipc_shm ipc_sem ipc_msg ipc_msg_msg mqueue_msg key; do
		ckpt show --records "/data/lsm/$1" | grep -A1 " $kind " |
			grep -q ' labels .*current=' || return
	done
}

# shows_labels NAME: whether ckpt show prints what there is to know.
shows_labels()
{
	local said wanted
	said=$(ckpt show "/data/lsm/$1")
	case $1 in
	smack) wanted='current=App' ;;
	selinux) wanted='current=user_u:base_r:app_t:s0' ;;
	apparmor | debian) wanted='current=ckpt-app' ;;
	*) return 0 ;;
	esac
	grep -q "$wanted" <<< "$said" &&
		grep -Eq '^policy .*enforcing, [0-9a-f]{64}$' <<< "$said" &&
		part_labels "$1"
}

# The kinds of containers, see box-lib.sh. Without modules scripts/test has them in
# boots of their own.
box_kinds()
{
	[ "$LSM" = none ] || [ -n "${NO_BOXES:-}" ] || printf '%s\n' root ids user
}

# boxes: save the containers, or bring them back.
boxes()
{
	local kind what=save
	for kind in $(box_kinds); do
		(
			# shellcheck source=scripts/guest/box-lib.sh
			. /run/guest/box-lib.sh
			if [ -e "/data/box/$LSM-$kind/image" ]; then
				box_restore "$kind"
				box_end
				box_restore "$kind" --keep-lsm
				box_end
			else
				box_save "$kind"
			fi
			echo "1..$number"
			exit $failed
		) 2>&1 | sed -u 's/^/    /'
		# shellcheck disable=SC2031 # it is ours that counts
		result "container of $kind under $LSM" "${PIPESTATUS[0]}"
	done
}

# How many results the following has.
cross_boots_count()
{
	local -a images boxes
	images=(/data/lsm/*)
	mapfile -t boxes < <(box_kinds)
	if [ -n "${ONLY_BOXES:-}" ]; then
		echo ${#boxes[@]}
	elif [ -e "/data/lsm/$LSM" ]; then
		echo $((${#images[@]} * 3 + ${#boxes[@]}))
	else
		echo $(((${#images[@]} + 1) * 3 + 1 + ${#boxes[@]}))
	fi
}

cross_boots()
{
	[ -n "${ONLY_BOXES:-}" ] || cross_images
	boxes
}

# Labels come back where they are from, and nowhere else; programs everywhere.
cross_images()
{
	local name said status
	if [ ! -e "/data/lsm/$LSM" ]; then
		said=$(leave_image)
		status=$?
		[ $status = 0 ] || echo "# $said"
		result "$LSM: checkpoint" $status
	fi
	for name in /data/lsm/*; do
		name=${name##*/}
		said=$(restart_image "$name")
		status=$?
		[ $status = 0 ] || echo "# $said"
		result "$name: restart under $LSM" $status

		said=$(restart_image "$name" --keep-lsm)
		status=$?
		if [ "$name" != "$LSM" ]; then
			case $status:$said in
			0:*) status=1 ;;
			*"security module"*) status=0 ;;
			esac
		fi
		[ $status = 0 ] || echo "# $said"
		result "$name: restart under $LSM with its labels" $status

		said=$(ckpt verify --keep-lsm "/data/lsm/$name" 2>&1)
		status=$?
		case $name:$status:$said in
		"$LSM":0:* | *:*:*"security module"*) status=0 ;;
		*) status=1 ;;
		esac
		shows_labels "$name" || status=1
		[ $status = 0 ] || echo "# $said"
		result "$name: show, and verify under $LSM" $status
	done
}
