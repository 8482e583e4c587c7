// Receives what roadside boxes send: verifies it, keeps it, answers with signed receipts.
// node receive.mjs --keys boxes.jwks --signing platform.pem --out received --host broker.example
// Ed25519 is Node's own (18 or newer); the only package is the MQTT client.

import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import {
  closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, truncateSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import mqtt from 'mqtt'

const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,127}'
const TOPIC = new RegExp(`^anpr/v1/(${NAME})/(${NAME})$`)
const LARGEST = 120_000
const ROTATION = 'anpr-edge.rotation.v1'
const DROP = 'anpr-edge.drop.v1'
const MEMBERS = ['alg', 'kid', 'typ']

class Refused extends Error {}

const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')
const json = bytes => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
const encoded = value => Buffer.from(JSON.stringify(value)).toString('base64url')

// Decodes base64url, and accepts one spelling only: else one record has many hashes.
function decoded (part) {
  const value = Buffer.from(part, 'base64url')
  if (value.toString('base64url') !== part) throw new Refused('its base64url is not canonical')
  return value
}

// Returns the key that signed a record, and the message in it.
function open (jws, keys) {
  const parts = jws.toString('latin1').split('.')
  if (jws.length > LARGEST || parts.length !== 3) {
    throw new Refused('it is no compact JWS of sane length')
  }
  const [header, payload, signature] = parts.map(decoded)
  const head = json(header)
  if (head.alg !== 'Ed25519' || !Object.keys(head).every(name => MEMBERS.includes(name))) {
    throw new Refused('its header is not allowed') // before any key is touched
  }
  const key = keys.get(head.kid)
  if (!key) throw new Refused('its key is not trusted')
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`, 'latin1')
  if (!verify(null, signed, createPublicKey({ key, format: 'jwk' }), signature)) {
    throw new Refused('its signature does not hold')
  }
  return { key, message: json(payload) }
}

// The id of a key: RFC 7638, with the members in this order.
function thumbprint ({ crv, kty, x }) {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
}

// The records of one box, one JWS a line in a file; the last is the head. Where that is a rotation,
// `turned` is the key that it named: that one opens the next epoch. `dropped` is what the box gave
// up on a full disk and signed for: it never comes.
class Chain {
  constructor (path) {
    Object.assign(this, { path, held: new Map(), signer: new Map(), named: new Map() })
    this.turned = undefined
    this.dropped = []
    this.head = { epoch: 1, seq: 0, sha256: '0'.repeat(64) }
    const content = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
    const whole = content.subarray(0, content.lastIndexOf('\n') + 1)
    // A line that a power cut tore was never receipted.
    if (whole.length !== content.length) truncateSync(path, whole.length)
    for (const line of whole.toString('latin1').split('\n').filter(Boolean)) {
      const [header, payload] = line.split('.')
      this.hold(Buffer.from(line, 'latin1'), json(decoded(payload)), json(decoded(header)).kid)
    }
  }

  // Keeps a record if it comes next: it is on the disk when this returns.
  take (jws, message, kid) {
    const { epoch, seq, prev } = message.data
    const known = this.held.get(`${epoch}/${seq}`)
    if (known !== undefined && known !== sha256(jws)) {
      throw new Refused('another record of this box stands at its place: the chain is forked')
    }
    if (known !== undefined) return 'again'
    if ((this.signer.get(epoch) ?? kid) !== kid) {
      throw new Refused('its key is not that of its epoch')
    }
    if (message.type === DROP) { // it comes before its place, when a gap is to be explained
      const before = span => span.epoch < epoch || (span.epoch === epoch && span.last < seq)
      this.dropped.push(...message.data.spans.filter(s => s.first <= s.last && before(s)))
    }
    this.passDropped()
    const goesOn = epoch === this.head.epoch && seq === this.head.seq + 1
    const opensEpoch = epoch === this.head.epoch + 1 && seq === 1
    if (opensEpoch && prev === this.head.sha256 && kid !== this.turned) {
      throw new Refused('it opens an epoch, and no rotation named its key')
    }
    // The box sends it again, once the rest is here.
    if (!(this.turned ? opensEpoch : goesOn)) return 'gap'
    if (prev !== this.head.sha256) throw new Refused('it does not follow the record before it')
    if (message.type === ROTATION) this.checkRotation(message.data)
    const file = openSync(this.path, 'a')
    writeSync(file, Buffer.concat([jws, Buffer.from('\n')]))
    fsyncSync(file)
    closeSync(file)
    this.hold(jws, message, kid)
    return 'stored'
  }

  // Goes on behind what was dropped: the record after it names the hash of its last one.
  passDropped () {
    const { epoch, seq } = this.head
    const next = span => span.epoch === epoch && span.first <= seq + 1 && seq + 1 <= span.last
    const span = this.dropped.find(next)
    if (!span) return
    this.head = { epoch, seq: span.last, sha256: span.last_sha256 }
    this.passDropped()
  }

  checkRotation ({ epoch, next_epoch: next, key }) {
    if (next !== epoch + 1 || key.kid !== thumbprint(key)) {
      throw new Refused('its rotation is not valid')
    }
    if (this.named.has(key.kid) || [...this.signer.values()].includes(key.kid)) {
      throw new Refused('it turns to a key that was used before')
    }
  }

  hold (jws, { type, data }, kid) {
    this.head = { epoch: data.epoch, seq: data.seq, sha256: sha256(jws) }
    this.held.set(`${data.epoch}/${data.seq}`, this.head.sha256)
    this.signer.set(data.epoch, kid)
    this.turned = type === ROTATION ? data.key.kid : undefined
    if (this.turned) this.named.set(this.turned, { ...data.key, box: data.box })
  }
}

// Returns the signed word that everything of a box up to its head is stored.
function receipt (box, chain, signing) {
  const kid = thumbprint(createPublicKey(signing).export({ format: 'jwk' }))
  const word = { box, ...chain.head, stored_at: new Date().toISOString() }
  const signed = `${encoded({ alg: 'Ed25519', kid })}.${encoded(word)}`
  return `${signed}.${sign(null, Buffer.from(signed), signing).toString('base64url')}`
}

// Keeps one chain for each box, and answers for it.
class Receiver {
  constructor (keys, signing, out) {
    Object.assign(this, { keys, signing, out, chains: new Map() })
    for (const file of readdirSync(out).filter(name => name.endsWith('.jws'))) {
      this.learn(this.chain(file.slice(0, -4)))
    }
  }

  chain (box) {
    if (!this.chains.has(box)) this.chains.set(box, new Chain(join(this.out, `${box}.jws`)))
    return this.chains.get(box)
  }

  // Trusts the keys that the rotations of a chain named.
  learn (chain) {
    for (const [kid, key] of chain.named) if (!this.keys.has(kid)) this.keys.set(kid, key)
  }

  // Judges one message, answers if there is something to answer, and says what became of it.
  hear (topic, jws, answer) {
    const [, box, kind] = TOPIC.exec(topic) ?? []
    if (!box || kind === 'status' || kind === 'receipt') return ''
    try {
      const { key, message } = open(jws, this.keys)
      const named = message.type.replace(/^anpr-edge\./, '').replace(/\.v1$/, '')
      if (key.box !== box || named !== kind) {
        throw new Refused('it belongs to another topic')
      }
      const { data } = message
      if (data.box !== box) throw new Refused('it speaks for another box')
      const chain = this.chain(box)
      const became = chain.take(jws, message, key.kid)
      this.learn(chain)
      // A record that comes again says that its receipt was lost.
      if (became !== 'gap') answer(`anpr/v1/${box}/receipt`, receipt(box, chain, this.signing))
      return `${became} ${box} ${data.epoch}/${data.seq} ${kind}`
    } catch (e) {
      if (e instanceof Refused) return `refused ${topic}: ${e.message}`
      if (e instanceof SyntaxError || e instanceof TypeError) {
        return `refused ${topic}: it is no message of a box`
      }
      throw e // a full disk, say: nothing was stored and nothing is receipted
    }
  }
}

const text = { type: 'string' }
const { values: given } = parseArgs({
  options: {
    keys: text, signing: text, out: text,
    host: { ...text, default: 'localhost' }, port: { ...text, default: '1883' },
    ca: text, cert: text, key: text // for a broker with TLS and client certificates
  }
})
const keys = new Map(JSON.parse(readFileSync(given.keys)).keys.map(key => [key.kid, key]))
mkdirSync(given.out, { recursive: true })
const receiver = new Receiver(keys, createPrivateKey(readFileSync(given.signing)), given.out)
const certificate = path => path && readFileSync(path)
const client = mqtt.connect({
  protocol: given.ca ? 'mqtts' : 'mqtt',
  host: given.host,
  port: Number(given.port),
  clientId: 'example-platform-node',
  ca: certificate(given.ca), cert: certificate(given.cert), key: certificate(given.key)
})
client.on('connect', () => client.subscribe('anpr/v1/+/+', { qos: 1 }, () => console.log('listening')))
client.on('message', (topic, payload) => {
  const said = receiver.hear(topic, payload, (to, word) => client.publish(to, word, { qos: 1 }))
  if (said) console.log(said)
})
