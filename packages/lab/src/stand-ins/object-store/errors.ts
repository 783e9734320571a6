/** Refusals, with the codes, statuses and sentences of S3 (and those of MinIO where S3 has none). */
const refusals = {
  AccessDenied: [403, "Access Denied."],
  AuthorizationHeaderMalformed: [400, "The authorization header that you provided is not valid."],
  AuthorizationQueryParametersError: [400, "The query parameters of the presigned request are not valid."],
  BadDigest: [400, "The checksum that you specified did not match what was received."],
  BucketAlreadyOwnedByYou: [409, "Your previous request to create the named bucket succeeded and you already own it."],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty"],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed object size."],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed object size."],
  IncompleteBody: [400, "You did not provide the number of bytes specified by the Content-Length HTTP header."],
  InternalError: [500, "We encountered an internal error, please try again."],
  InvalidAccessKeyId: [403, "The Access Key Id you provided does not exist in our records."],
  InvalidArgument: [400, "Invalid argument"],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidDigest: [400, "The Content-Md5 you specified is not valid."],
  InvalidPart: [400, "One or more of the specified parts could not be found, or has another entity tag."],
  InvalidPartOrder: [400, "The list of parts was not in ascending order."],
  InvalidRange: [416, "The requested range is not satisfiable"],
  InvalidRequest: [400, "Invalid Request"],
  KeyTooLongError: [400, "Your key is too long"],
  MalformedPolicy: [400, "Policy has invalid resource, action or effect."],
  MalformedXML: [400, "The XML you provided was not well-formed or did not validate against our published schema."],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  MissingContentLength: [411, "You must provide the Content-Length HTTP header."],
  MissingContentMD5: [400, "Missing or invalid required header for this request: Content-Md5 or checksum"],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchBucketPolicy: [404, "The bucket policy does not exist"],
  NoSuchCORSConfiguration: [404, "The CORS configuration does not exist"],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchLifecycleConfiguration: [404, "The lifecycle configuration does not exist"],
  NoSuchTagSet: [404, "The TagSet does not exist"],
  NoSuchUpload: [404, "The specified multipart upload does not exist."],
  NoSuchVersion: [404, "The specified version does not exist."],
  NotImplemented: [501, "This is a stand-in, which has nothing for that request."],
  ObjectLockConfigurationNotFoundError: [404, "Object Lock configuration does not exist for this bucket"],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
  ReplicationConfigurationNotFoundError: [404, "The replication configuration was not found"],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  ServerSideEncryptionConfigurationNotFoundError: [404, "The server side encryption configuration was not found"],
  SignatureDoesNotMatch: [403, "The request signature we calculated does not match the signature you provided."],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
  XMinioAdminBucketQuotaExceeded: [400, "Bucket quota exceeded"],
  XMinioAdminConfigBadJSON: [400, "JSON configuration provided is of incorrect format"],
  XMinioAdminInvalidAccessKey: [400, "The access key is invalid."],
  XMinioAdminInvalidSecretKey: [400, "The secret key is invalid."],
  XMinioAdminNoSuchGroup: [404, "The specified group does not exist."],
  XMinioAdminNoSuchPolicy: [404, "The canned policy does not exist."],
  XMinioAdminNoSuchQuotaConfiguration: [404, "The quota configuration does not exist"],
  XMinioAdminNoSuchUser: [404, "The specified user does not exist."],
  XMinioIAMPolicyInUse: [400, "The policy cannot be removed, as it is in use"],
  XMinioInvalidIAMCredentials: [403, "The credential is not eligible for this operation"],
} as const satisfies Readonly<Record<string, readonly [status: number, sentence: string]>>;

export type RefusalCode = keyof typeof refusals;

/** What the client is told, as XML or, by the admin API, as JSON. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;

  constructor(code: RefusalCode, sentence?: string) {
    const [status, usual] = refusals[code];
    super(sentence ?? usual);
    this.name = "Refusal";
    this.code = code;
    this.status = status;
  }
}
