# Builds the images of both functions: run docker buildx bake in this folder. See docs/images.md.

variable "LAKEHOUSE_REGISTRY" {
  # The prefix of the repositories' names, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-dev
  default = "lakehouse"
}

variable "LAKEHOUSE_PLATFORM" {
  default = "linux/arm64"
}

variable "LAKEHOUSE_BASE_IMAGE" {
  # Empty: the image that the Dockerfile pins.
  default = ""
}

variable "SOURCE_DATE_EPOCH" {
  # The time of all files and of the image itself: a constant, so that the same input makes the same digest.
  default = "1767225600"
}

variable "LAKEHOUSE_CA" {
  # A file with the certificates of a proxy in front of the npm registry. It stays out of the image.
  default = ""
}

variable "LAKEHOUSE_NPMRC" {
  # An .npmrc that names another registry. It stays out of the image.
  default = ""
}

variable "LAKEHOUSE_FILES" {
  # A folder with the files of each image, in place of those that the Dockerfile makes: those of a lake of one's own.
  default = ""
}

group "default" {
  targets = ["bronze-silver", "silver-gold"]
}

target "function" {
  name       = name
  matrix     = { name = ["bronze-silver", "silver-gold"] }
  context    = ".."
  contexts   = LAKEHOUSE_FILES != "" ? { files = "${LAKEHOUSE_FILES}/${name}" } : {}
  dockerfile = "docker/Dockerfile"
  platforms  = [LAKEHOUSE_PLATFORM]
  tags       = ["${LAKEHOUSE_REGISTRY}/${name}"]
  output     = ["type=image"]
  args = {
    FUNCTION          = name
    BASE_IMAGE        = LAKEHOUSE_BASE_IMAGE != "" ? LAKEHOUSE_BASE_IMAGE : null
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH
  }
  secret = concat(
    LAKEHOUSE_CA != "" ? ["id=ca,src=${LAKEHOUSE_CA}"] : [],
    LAKEHOUSE_NPMRC != "" ? ["id=npmrc,src=${LAKEHOUSE_NPMRC}"] : [],
  )
  # Lambda accepts an image for one platform, and no index with attestations.
  attest = ["type=provenance,disabled=true", "type=sbom,disabled=true"]
}
