"""Signed manifests in delivered files, with a certificate made here."""

import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from imaging.encode import Format, decode, encode
from imaging.metadata.content_credentials import CredentialSigner
from imaging.metadata.marks import Marks
from line.errors import SettingsError
from line.picture import Rgb

EDITS = [{"step": "erase_text", "model": "surroundings", "source_type": "algorithmicallyEnhanced"}]
MAX_BYTES = 15_000
PrivateKey = ec.EllipticCurvePrivateKey


def certificate(
    subject: str, issuer: str, key: PrivateKey, signer: PrivateKey, *, is_ca: bool
) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name(
            [x509.NameAttribute(oid, text) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)]
        )

    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=is_ca, crl_sign=is_ca, **usage), critical=True
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not is_ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture(scope="module")
def signer() -> CredentialSigner:
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    chain = [
        certificate("Signer", "Root", leaf, root, is_ca=False),
        certificate("Root", "Root", root, root, is_ca=True),
    ]
    pem = serialization.Encoding.PEM
    key = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return CredentialSigner(b"".join(part.public_bytes(pem) for part in chain), key, "es256")


def active(signer: CredentialSigner, data: bytes, media_type: str) -> dict[str, Any]:
    report = signer.read(data, media_type)
    manifest: dict[str, Any] = report["manifests"][report["active_manifest"]]
    return manifest


@pytest.mark.parametrize("form", list(Format))
def test_a_signed_file_lists_its_steps_and_shows_the_same_picture(
    form: Format, photo: Rgb, signer: Any
) -> None:
    plain = encode(photo, form, quality=92, dpi=300, marks=Marks("algorithmicallyEnhanced"))
    signed = signer.sign(plain, form.media_type, EDITS)
    assert (decode(signed) == decode(plain)).all()
    assert len(signed) - len(plain) < MAX_BYTES
    (actions,) = [
        a
        for a in active(signer, signed, form.media_type)["assertions"]
        if a["label"].startswith("c2pa.actions")
    ]
    steps = [action for action in actions["data"]["actions"] if action["action"] == "c2pa.edited"]
    assert steps[0]["digitalSourceType"].endswith("/algorithmicallyEnhanced")
    assert "surroundings" in str(steps[0]["softwareAgent"])
    assert Marks.read(signed) == Marks("algorithmicallyEnhanced"), "the marks are still there"


def test_a_manifest_that_came_in_becomes_the_parent(photo: Rgb, signer: Any) -> None:
    vendors = signer.sign(encode(photo, Format.JPEG, quality=92, dpi=300), "image/jpeg", [])
    signed = signer.sign(
        encode(photo, Format.JPEG, quality=80, dpi=300), "image/jpeg", EDITS, (vendors, "image/jpeg")
    )
    report = signer.read(signed, "image/jpeg")
    assert len(report["manifests"]) == 2
    parents = [
        i for i in active(signer, signed, "image/jpeg")["ingredients"] if i["relationship"] == "parentOf"
    ]
    assert [parent["active_manifest"] for parent in parents] == [
        signer.read(vendors, "image/jpeg")["active_manifest"]
    ]


GENERATION = {"step": "generate", "model": "sdxl", "source_type": "trainedAlgorithmicMedia"}
ENLARGEMENT = {"step": "upscale", "model": "lanczos", "source_type": "algorithmicallyEnhanced"}


def actions(signer: CredentialSigner, data: bytes) -> list[dict[str, Any]]:
    (entry,) = [
        assertion
        for assertion in active(signer, data, "image/jpeg")["assertions"]
        if assertion["label"].startswith("c2pa.actions")
    ]
    listed: list[dict[str, Any]] = entry["data"]["actions"]
    return listed


def test_a_generated_picture_was_created_by_its_step_and_not_edited(photo: Rgb, signer: Any) -> None:
    plain = encode(photo, Format.JPEG, quality=92, dpi=300)
    signed = signer.sign(plain, "image/jpeg", [*EDITS, GENERATION, ENLARGEMENT])
    created, enlarged = actions(signer, signed)
    assert (created["action"], enlarged["action"]) == ("c2pa.created", "c2pa.resized")
    assert created["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert "generate (sdxl)" in str(created["softwareAgent"])
    assert enlarged["digitalSourceType"].endswith("/algorithmicallyEnhanced")


def test_an_edited_picture_was_opened_and_not_created(photo: Rgb, signer: Any) -> None:
    signed = signer.sign(encode(photo, Format.JPEG, quality=92, dpi=300), "image/jpeg", [ENLARGEMENT])
    assert "c2pa.created" not in {action["action"] for action in actions(signer, signed)}


def test_the_photo_that_a_generated_picture_started_from_is_its_input_and_not_its_parent(
    photo: Rgb, signer: Any
) -> None:
    vendors = signer.sign(encode(photo, Format.JPEG, quality=92, dpi=300), "image/jpeg", [])
    plain = encode(photo, Format.JPEG, quality=80, dpi=300)
    signed = signer.sign(plain, "image/jpeg", [GENERATION], (vendors, "image/jpeg"))
    (ingredient,) = active(signer, signed, "image/jpeg")["ingredients"]
    assert ingredient["relationship"] == "inputTo"
    assert ingredient["active_manifest"] == signer.read(vendors, "image/jpeg")["active_manifest"]
    failures = signer.read(signed, "image/jpeg")["validation_results"]["activeManifest"]["failure"]
    assert {failure["code"] for failure in failures} <= {"signingCredential.untrusted"}


def test_only_the_missing_trust_is_reported_as_a_failure(photo: Rgb, signer: Any) -> None:
    signed = signer.sign(encode(photo, Format.JPEG, quality=92, dpi=300), "image/jpeg", EDITS)
    results = signer.read(signed, "image/jpeg")["validation_results"]["activeManifest"]
    assert {failure["code"] for failure in results["failure"]} <= {"signingCredential.untrusted"}


def test_a_certificate_that_is_none_is_refused_with_its_setting() -> None:
    with pytest.raises(SettingsError, match="SLUICE_C2PA_CERTIFICATE"):
        CredentialSigner(b"no certificate", b"no key", "es256")
