import { describe, expect, it } from 'vitest'
import { signatureOf, textToSign } from './fake-hosts/cloudinary.ts'
import { signatureOf as s3SignatureOf } from './fake-hosts/sigv4.ts'

describe('the fake signs as the official examples do:', () => {
  const base = { public_id: 'sample_image', timestamp: '1315060510' }
  it.each([
    [base, 'b4ad47fb4e25c7bf5f92a20089f9db59bc302313'],
    [{ ...base, eager: 'w_400,h_300,c_pad|w_260,h_200,c_crop' }, 'bfd09f95f331f558cbd1320e67aa8d488770583e'],
    [
      { ...base, file: 'x', api_key: '1', cloud_name: 'c', resource_type: 'image', type: '' },
      'b4ad47fb4e25c7bf5f92a20089f9db59bc302313',
    ],
  ])('Cloudinary, %j', (fields, signature) => {
    expect(signatureOf(textToSign(new Map(Object.entries(fields))), 'abcd')).toBe(signature)
  })

  it('Cloudinary, where no value can smuggle in another field', () => {
    expect(textToSign(new Map([['public_id', 'a&overwrite=1']]))).toBe('public_id=a%26overwrite=1')
  })

  /** Examples of "Authenticating Requests (AWS Signature Version 4)" in Amazon's S3 reference. */
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const claim = (signedHeaders: string[], payloadHash: string) => ({
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    scope: ['20130524', 'us-east-1', 's3', 'aws4_request'],
    at: '20130524T000000Z',
    signature: '',
    signedHeaders,
    payloadHash,
  })
  const at = (headers: Record<string, string>) => ({
    host: 'examplebucket.s3.amazonaws.com',
    ...headers,
    'x-amz-date': '20130524T000000Z',
  })
  const ofPut = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072'
  it.each([
    [
      'a GET with a range',
      {
        method: 'GET',
        path: '/test.txt',
        query: '',
        headers: at({ range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY }),
      },
      claim(['host', 'range', 'x-amz-content-sha256', 'x-amz-date'], EMPTY),
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'a PUT of a name with a sign',
      {
        method: 'PUT',
        path: '/test$file.text',
        query: '',
        headers: at({
          date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-content-sha256': ofPut,
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        }),
      },
      claim(['date', 'host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-storage-class'], ofPut),
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'a listing with a query',
      { method: 'GET', path: '/', query: 'max-keys=2&prefix=J', headers: at({ 'x-amz-content-sha256': EMPTY }) },
      claim(['host', 'x-amz-content-sha256', 'x-amz-date'], EMPTY),
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
    [
      'a pre-signed GET',
      {
        method: 'GET',
        path: '/test.txt',
        query:
          'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host',
        headers: { host: 'examplebucket.s3.amazonaws.com' },
      },
      claim(['host'], 'UNSIGNED-PAYLOAD'),
      'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    ],
  ])('S3, %s', (_, request, said, signature) => {
    expect(s3SignatureOf({ ...request, body: Buffer.alloc(0) }, said, SECRET)).toBe(signature)
  })
})
