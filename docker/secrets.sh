#!/bin/sh
# Makes docker/.env with fresh passwords, readable by you alone; one that is there is left alone.
set -eu

file=$(dirname "$0")/.env
if [ -e "$file" ]; then
    echo "$file is there already"
    exit 0
fi
umask 077
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
cat > "$file" <<END
SLUICE_POSTGRES_PASSWORD=$(random)
SLUICE_REDIS_PASSWORD=$(random)
SLUICE_FLOWER_PASSWORD=$(random)
SLUICE_DESK_PASSWORD=$(random)
# cpu, or gpu where the host has the NVIDIA container toolkit
COMPOSE_PROFILES=cpu
# which GPU of several, as nvidia-smi counts
SLUICE_ERASE_TEXT_GPU=0
SLUICE_DENOISE_GPU=0
SLUICE_RESTORE_GPU=0
SLUICE_GENERATE_GPU=0
SLUICE_UPSCALE_GPU=0
END
echo "made $file; Flower's login is sluice with SLUICE_FLOWER_PASSWORD,"
echo "the review desk's a name of yours with SLUICE_DESK_PASSWORD"
