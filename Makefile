# SPDX-License-Identifier: GPL-2.0
# Build, boot and test; the work is done by the scripts of the same names.
# What is made is kept outside of this repository: see BUILD in scripts/lib.sh.

.PHONY: help demo test fuzz fuzz-native coverage regress build shell guest bench lint series tree refresh clean

help:		## print this
	@sed -n 's|^\([a-z-]*\):[^#]*## |  make \1\t|p' $(firstword $(MAKEFILE_LIST))
	@echo 'Variables: DEBUG=1 for the kernel with all checks, KERNEL=directory or'
	@echo 'tarball of any 6.12.y, JOBS=n, BUILD=directory for all that is made.'

demo:		## checkpoint programs, reboot, restart, compare their outputs
	@scripts/demo

test:		## KUnit and kselftests in a guest; [T=glob] [DEBUG=1]
	@scripts/test

fuzz:		## restart from mutants of images; [N=count] [SEED=n] [FIRST=n] [DEBUG=1]
	@scripts/fuzz

fuzz-native:	## the checks of images as a host program; [N=count] [TIME=s] [SEED=n]
	@scripts/fuzz-native

coverage:	## which lines of ours the tests reach; [T=glob]
	@scripts/coverage

regress:	## other kselftests: same results without and with the series?
	@scripts/regress

build:		## kernel, headers, tools and kselftests; [DEBUG=1]
	@scripts/build

shell: build	## guest with a shell on its console; [DISK=file] [FILES=dir]
	@RUN= scripts/vm

guest: build	## run a script in a guest: RUN=file; see scripts/vm
	@test -n "$(RUN)" || { echo 'RUN=script is missing' >&2; exit 2; }
	@scripts/vm

bench:		## measure, in a guest whose clock counts instructions
	@scripts/bench

lint:		## checkpatch, sparse, kernel-doc, W=1, shellcheck, codespell
	@scripts/lint

series:		## outgoing/*.patch, ready to mail; [CHECK=1] builds at each step
	@scripts/series

tree:		## kernel tree with the patches and the new files
	@scripts/deps && scripts/tree && scripts/where

refresh:	## write the commits of that tree back to patches/
	@scripts/refresh

clean:		## remove what was made for this clone; what clones share stays
	@scripts/clean
