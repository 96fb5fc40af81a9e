const CONTAINER = ['id', 'node_id', 'node_type', 'title'];
const FINISHED = [
  ...['id', 'node_id', 'node_type', 'title', 'index', 'predecessor_node_id', 'inputs', 'inputs_truncated'],
  ...['process_data', 'process_data_truncated', 'outputs', 'outputs_truncated', 'status', 'error'],
  ...['elapsed_time', 'execution_metadata', 'created_at', 'finished_at', 'files', 'iteration_id', 'loop_id'],
];
const BEGUN = [...CONTAINER, 'created_at', 'extras', 'metadata', 'inputs', 'inputs_truncated'];
const COMPLETED = [
  ...CONTAINER,
  ...['outputs', 'outputs_truncated', 'created_at', 'extras', 'inputs', 'inputs_truncated', 'status'],
  ...['error', 'elapsed_time', 'total_tokens', 'execution_metadata', 'finished_at', 'steps'],
];
/** Keys of `data` in their order, by the name of the event (`facts/dify-wire.md` §3.4). */
export const EVENT_KEYS: Readonly<Record<string, readonly string[]>> = {
  workflow_started: ['id', 'workflow_id', 'inputs', 'created_at', 'reason'],
  node_started: [
    ...['id', 'node_id', 'node_type', 'title', 'index', 'predecessor_node_id', 'inputs', 'inputs_truncated'],
    ...['created_at', 'extras', 'iteration_id', 'loop_id', 'agent_strategy'],
  ],
  node_finished: FINISHED,
  node_retry: [...FINISHED, 'retry_index'],
  iteration_started: BEGUN,
  loop_started: BEGUN,
  iteration_next: [...CONTAINER, 'index', 'created_at', 'extras'],
  loop_next: [...CONTAINER, 'index', 'created_at', 'extras', 'pre_loop_output'],
  iteration_completed: COMPLETED,
  loop_completed: COMPLETED,
  text_chunk: ['text', 'from_variable_selector'],
  reasoning_chunk: ['message_id', 'reasoning', 'node_id', 'is_final'],
  workflow_finished: [
    ...['id', 'workflow_id', 'status', 'outputs', 'error', 'elapsed_time', 'total_tokens', 'total_steps'],
    ...['created_by', 'created_at', 'finished_at', 'exceptions_count', 'files'],
  ],
};

const CHAT = ['event', 'conversation_id', 'message_id', 'created_at', 'task_id'];
/** Keys of events themselves, in their order (`facts/dify-wire.md` §3.3). */
export const WRAPPER_KEYS = {
  workflow: () => ['event', 'workflow_run_id', 'task_id', 'data'],
  chatflow: (event: string) => {
    if (event === 'message') return [...CHAT, 'id', 'answer', 'from_variable_selector'];
    if (event === 'message_end') return [...CHAT, 'id', 'metadata', 'files'];
    return event === 'reasoning_chunk' ? [...CHAT, 'data'] : [...CHAT, 'workflow_run_id', 'data'];
  },
};
