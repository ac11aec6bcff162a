#!/bin/sh
# Creates docker/.env with random passwords, readable only by you. It never changes an existing file.
set -eu

file=$(dirname "$0")/.env
if [ -e "$file" ]; then
    echo "$file already exists"
    exit 0
fi
umask 077
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
cat > "$file" <<END
SLUICE_POSTGRES_PASSWORD=$(random)
SLUICE_REDIS_PASSWORD=$(random)
SLUICE_FLOWER_PASSWORD=$(random)
SLUICE_DESK_PASSWORD=$(random)
# cpu, or gpu if the host has the NVIDIA container toolkit
COMPOSE_PROFILES=cpu
# number of the GPU as shown by nvidia-smi
SLUICE_ERASE_TEXT_GPU=0
SLUICE_DENOISE_GPU=0
SLUICE_RESTORE_GPU=0
SLUICE_GENERATE_GPU=0
SLUICE_UPSCALE_GPU=0
END
echo "created $file"
echo "Flower: user sluice, password SLUICE_FLOWER_PASSWORD; review desk: any name, password SLUICE_DESK_PASSWORD"
