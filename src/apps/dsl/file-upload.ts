import type { FileType, FileUpload, TransferMethod } from '../app.ts';
import { bareExtension } from '../file-type.ts';
import type { DslNode } from './dsl-node.ts';

const TYPES: readonly FileType[] = ['image', 'document', 'audio', 'video', 'custom'];
const METHODS: readonly TransferMethod[] = ['remote_url', 'local_file'];
const DEFAULT_COUNT = 3;

/**
 * Reads `file_upload` in either stored form (`facts/dify-dsl-engine.md` §2.4). The legacy form (DSL ≤ 0.1.2) has no
 * `enabled` of its own: it takes images only, and is on when `image.enabled` is.
 */
export function readFileUpload(node: DslNode): FileUpload {
  node.mapping();
  const image = node.get('image');
  image.mapping();
  const imageDetail = image.get('detail').oneOf(['low', 'high', 'auto'], 'high');
  if (node.get('enabled').isAbsent) {
    return {
      enabled: image.get('enabled').boolean(),
      allowedTypes: ['image'],
      allowedExtensions: [],
      allowedMethods: readMethods(image.get('transfer_methods')),
      maxCount: image.get('number_limits').count(DEFAULT_COUNT),
      imageDetail,
    };
  }
  return {
    enabled: node.get('enabled').boolean(),
    ...readAllowedFiles(node),
    maxCount: node.get('number_limits').count(DEFAULT_COUNT),
    imageDetail,
  };
}

/** `allowed_file_types`, `_extensions` and `_upload_methods`, of `file_upload` or of one input of a workflow. */
export function readAllowedFiles(
  node: DslNode,
): Pick<FileUpload, 'allowedTypes' | 'allowedExtensions' | 'allowedMethods'> {
  return {
    allowedTypes: node
      .get('allowed_file_types')
      .items()
      .map((item) => item.oneOf(TYPES, 'custom')),
    allowedExtensions: node
      .get('allowed_file_extensions')
      .items()
      .map((item) => bareExtension(item.word())),
    allowedMethods: readMethods(node.get('allowed_file_upload_methods')),
  };
}

/** Methods that only Dify's own tools use are left out; no method at all means any. */
function readMethods(node: DslNode): readonly TransferMethod[] {
  const named = node.items().map((item) => item.text());
  const methods = METHODS.filter((method) => named.includes(method));
  return methods.length === 0 ? METHODS : methods;
}
